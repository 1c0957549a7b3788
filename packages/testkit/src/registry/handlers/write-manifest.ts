import { type Digest, digestAlgorithm, digestOf, isDigest } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import { isTag } from '../route-request.ts'
import { createRepositoryRecord, moveTag, type RepositoryRecord } from '../storage/catalogue.ts'
import { checkChildren, checkConditions } from './check-manifest.ts'
import { parseManifest } from './parse-manifest.ts'
import { digestHeader, type HandlerInput, locationOf } from './registry-context.ts'

const maxTagParameters = 100

/** PUT of a manifest by tag or digest (OCI distribution specification, "Pushing Manifests"). */
export async function writeManifest(input: HandlerInput): Promise<RegistryResponse> {
  const { headers, context, repository, argument } = input
  const { quirks } = context
  throttle(input)
  const tags = isDigest(argument) ? tagParameters(input) : [argument]
  const bytes = await readBody(input)
  const { blobs, children, ...parsed } = parseManifest(bytes, headers['content-type'])
  const digest = digestOf(bytes, isDigest(argument) ? digestAlgorithm(argument) : 'sha256')
  if (isDigest(argument) && argument !== digest) {
    throw new RegistryFault(400, 'DIGEST_INVALID', `manifest has digest ${digest}, not ${argument}`)
  }
  if (quirks.checksChildren) checkChildren(input, blobs, children)
  const checkAll = (record: RepositoryRecord) => {
    for (const reference of tags.length > 0 ? tags : [argument]) checkConditions(input, reference, record)
  }
  checkAll(context.catalogue.get(repository) ?? createRepositoryRecord())
  await store(input, digest, bytes)

  // From here to the change of the tags nothing waits, so that compare-and-set is one step.
  const record = context.catalogue.require(repository)
  checkAll(record)
  record.manifests.set(digest, { ...parsed, size: bytes.byteLength })
  for (const tag of tags) moveTag(record, tag, digest)
  await context.catalogue.saved(repository)

  const { mediaType, subject } = parsed
  const { referrersApi, ociSubjectHeader = referrersApi } = quirks
  return {
    status: 201,
    headers: {
      location: locationOf(context, `/v2/${repository}/manifests/${argument}`),
      ...digestHeader(context, digest),
      ...(subject !== undefined && ociSubjectHeader ? { 'oci-subject': subject } : {}),
      ...(isDigest(argument) && tags.length > 0 ? { 'oci-tag': tags } : {}),
      'content-length': '0',
    },
    manifest: { digest, mediaType, subject },
    happening: {
      action: 'push',
      digest,
      mediaType,
      size: bytes.byteLength,
      tag: tags[0],
      references: [...blobs, ...children].map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
    },
  }
}

/** Answers 429 to the first PUTs of each reference, when the quirk says so. */
function throttle({ context, repository, argument }: HandlerInput): void {
  const key = `${repository}@${argument}`
  const before = context.throttled.get(key) ?? 0
  if (before >= context.quirks.throttledManifestPuts) return
  context.throttled.set(key, before + 1)
  throw new RegistryFault(429, 'TOOMANYREQUESTS', 'too many manifests', { headers: { 'retry-after': '0' } })
}

/** Tags of a push by digest (version 1.1+dev); an older registry ignores them. */
function tagParameters({ request, context }: HandlerInput): string[] {
  if (!context.quirks.tagParameters) return []
  const tags = request.query.getAll('tag')
  if (tags.length > maxTagParameters) {
    throw new RegistryFault(414, 'SIZE_INVALID', `at most ${maxTagParameters} tags at once`)
  }
  if (!tags.every(isTag)) throw new RegistryFault(400, 'MANIFEST_INVALID', 'a tag parameter is no tag')
  return [...new Set(tags)]
}

async function store(
  { context, repository }: HandlerInput,
  digest: Digest,
  bytes: Uint8Array,
): Promise<void> {
  const content = await context.storage.create()
  await content.append(bytes)
  await content.commit(repository, [digest])
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
