import { type Digest, digestAlgorithm, digestOf, isDigest } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import { isTag } from '../route-request.ts'
import type { RepositoryRecord } from '../storage/catalogue.ts'
import { type ManifestEntry, parseManifest } from './parse-manifest.ts'
import {
  digestHeader,
  type HandlerInput,
  locationOf,
  methodNotAllowed,
  requireRepository,
} from './registry-context.ts'

/** HEAD, GET, PUT and DELETE of a manifest by tag or digest. */
export async function handleManifest(input: HandlerInput): Promise<RegistryResponse> {
  const { argument } = input
  if (!isDigest(argument) && !isTag(argument)) {
    throw new RegistryFault(400, 'MANIFEST_INVALID', 'reference is neither a tag nor a digest')
  }
  switch (input.request.method) {
    case 'GET':
    case 'HEAD':
      return readManifest(input)
    case 'PUT':
      return writeManifest(input)
    case 'DELETE':
      return deleteManifest(input)
    default:
      return methodNotAllowed(input)
  }
}

function resolveReference({ context, argument }: HandlerInput, record: RepositoryRecord): Digest | undefined {
  if (isDigest(argument)) return argument
  const tagged = record.tags.get(argument)
  if (tagged !== undefined || !context.quirks.resolvesDigestTags) return tagged
  const digest = argument.replace('-', ':')
  return isDigest(digest) ? digest : undefined
}

async function readManifest(input: HandlerInput): Promise<RegistryResponse> {
  const { request, headers, context, repository, argument } = input
  const record = requireRepository(input)
  const digest = resolveReference(input, record)
  const manifest = digest === undefined ? undefined : record.manifests.get(digest)
  if (!digest || !manifest || (request.method === 'HEAD' && context.quirks.manifestHeadMissing)) {
    throw new RegistryFault(404, 'MANIFEST_UNKNOWN', `${argument} is not in ${repository}`)
  }
  const common = { ...digestHeader(context, digest), etag: `"${digest}"`, 'content-type': manifest.mediaType }
  if (context.quirks.conditionalRequests && matchesEtag(headers['if-none-match'], digest)) {
    return { status: 304, headers: common }
  }
  return {
    status: 200,
    headers: { ...common, 'content-length': String(manifest.size) },
    body: () => context.storage.open(digest, 0, manifest.size - 1),
  }
}

async function writeManifest(input: HandlerInput): Promise<RegistryResponse> {
  const { headers, context, repository, argument } = input
  const bytes = await readBody(input)
  const parsed = parseManifest(bytes, headers['content-type'])
  const digest = digestOf(bytes, isDigest(argument) ? digestAlgorithm(argument) : 'sha256')
  if (isDigest(argument) && argument !== digest) {
    throw new RegistryFault(400, 'DIGEST_INVALID', `manifest has digest ${digest}, not ${argument}`)
  }
  if (context.quirks.checksChildren) checkChildren(input, parsed.blobs, parsed.children)

  const content = await context.storage.create()
  await content.append(bytes)
  await content.commit(digest)

  // From here to the change of the tag nothing waits, so that compare-and-set is one step.
  const record = context.catalogue.require(repository)
  checkConditions(input, record)
  const { mediaType, subject, artifactType, annotations } = parsed
  record.manifests.set(digest, { mediaType, size: bytes.byteLength, subject, artifactType, annotations })
  if (!isDigest(argument)) record.tags.set(argument, digest)
  await context.catalogue.saved(repository)

  const { referrersApi, ociSubjectHeader = referrersApi } = context.quirks
  return {
    status: 201,
    headers: {
      location: locationOf(context, `/v2/${repository}/manifests/${argument}`),
      ...digestHeader(context, digest),
      ...(subject !== undefined && ociSubjectHeader ? { 'oci-subject': subject } : {}),
      'content-length': '0',
    },
    manifest: { digest, mediaType, subject },
  }
}

async function readBody({ body, context }: HandlerInput): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let size = 0
  for await (const chunk of body) {
    size += chunk.byteLength
    if (size > context.maxManifestBytes) {
      throw new RegistryFault(413, 'SIZE_INVALID', `a manifest may have ${context.maxManifestBytes} bytes`)
    }
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function checkChildren(
  { context, repository }: HandlerInput,
  blobs: readonly ManifestEntry[],
  children: readonly ManifestEntry[],
): void {
  const record = context.catalogue.get(repository)
  const check = ({ digest, size, external }: ManifestEntry, stored: number | undefined) => {
    if (stored === undefined && external) return
    if (stored === undefined) {
      throw new RegistryFault(404, 'MANIFEST_BLOB_UNKNOWN', `${digest} is not in ${repository}`, {
        detail: { digest },
      })
    }
    if (stored !== size) {
      throw new RegistryFault(
        400,
        'MANIFEST_INVALID',
        `${digest} has ${stored} bytes, the manifest says ${size}`,
      )
    }
  }
  for (const blob of blobs) check(blob, record?.blobs.get(blob.digest))
  for (const child of children) check(child, record?.manifests.get(child.digest)?.size)
}

function checkConditions({ headers, context, argument }: HandlerInput, record: RepositoryRecord): void {
  const current = isDigest(argument)
    ? record.manifests.has(argument)
      ? argument
      : undefined
    : record.tags.get(argument)
  if (context.quirks.conditionalRequests) {
    const ifMatch = headers['if-match']
    const failed =
      (ifMatch !== undefined && (current === undefined || !matchesEtag(ifMatch, current))) ||
      (current !== undefined && matchesEtag(headers['if-none-match'], current))
    if (failed) throw new RegistryFault(412, 'DENIED', `${argument} is at ${current ?? 'nothing'}`)
  }
  if (context.quirks.immutableTags && !isDigest(argument) && current !== undefined) {
    throw new RegistryFault(409, 'DENIED', `tag ${argument} is immutable`)
  }
}

/** Whether an `If-Match` or `If-None-Match` list names the digest (RFC 9110, 13.1). */
function matchesEtag(header: string | undefined, digest: Digest): boolean {
  if (header === undefined) return false
  return header.split(',').some((part) => {
    const tag = part.trim().replace(/^W\//, '')
    return tag === '*' || tag === `"${digest}"` || tag === digest
  })
}

async function deleteManifest(input: HandlerInput): Promise<RegistryResponse> {
  const { context, repository, argument } = input
  const record = requireRepository(input)
  if (!isDigest(argument)) {
    if (!context.quirks.tagDelete) throw new RegistryFault(405, 'UNSUPPORTED', 'tags can not be deleted')
    if (!record.tags.has(argument)) throw new RegistryFault(404, 'MANIFEST_UNKNOWN', `no tag ${argument}`)
    checkConditions(input, record)
    record.tags.delete(argument)
  } else {
    if (!record.manifests.delete(argument)) throw new RegistryFault(404, 'MANIFEST_UNKNOWN', `no ${argument}`)
    for (const [tag, digest] of record.tags) if (digest === argument) record.tags.delete(tag)
  }
  await context.catalogue.saved(repository)
  return { status: 202, headers: { 'content-length': '0' } }
}
