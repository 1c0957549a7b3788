import { type Digest, isDigest, mediaTypes } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import { isTag } from '../route-request.ts'
import type { RepositoryRecord } from '../storage/catalogue.ts'
import { checkConditions, matchesEtag } from './check-manifest.ts'
import {
  digestHeader,
  dropContent,
  type HandlerInput,
  methodNotAllowed,
  requireRepository,
} from './registry-context.ts'
import { writeManifest } from './write-manifest.ts'

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

function resolveReference(
  { context, argument, staleTags }: HandlerInput,
  record: RepositoryRecord,
): Digest | undefined {
  if (isDigest(argument)) return argument
  const tagged = (staleTags ? record.formerTags.get(argument) : undefined) ?? record.tags.get(argument)
  if (tagged !== undefined || !context.quirks.resolvesDigestTags) return tagged
  const digest = argument.replace('-', ':')
  return isDigest(digest) ? digest : undefined
}

async function readManifest(input: HandlerInput): Promise<RegistryResponse> {
  const { request, headers, context, repository, argument } = input
  const { quirks } = context
  const record = context.catalogue.get(repository)
  const digest = record ? resolveReference(input, record) : undefined
  const manifest = digest === undefined ? undefined : record?.manifests.get(digest)
  if (!digest || !manifest || (request.method === 'HEAD' && quirks.manifestHeadMissing)) {
    if (!manifest && !isDigest(argument) && quirks.missingTagStatus === 403) {
      throw new RegistryFault(403, 'UNAUTHORIZED', `no permission for ${argument}`)
    }
    if (!record) requireRepository(input)
    throw new RegistryFault(404, 'MANIFEST_UNKNOWN', `${argument} is not in ${repository}`)
  }
  const { mediaType, size } = manifest
  if (quirks.negotiatesManifests && isOci(mediaType) && !accepts(headers.accept, mediaType)) {
    throw new RegistryFault(404, 'MANIFEST_UNKNOWN', `the Accept header does not name ${mediaType}`)
  }
  const common = { ...digestHeader(context, digest), etag: `"${digest}"`, 'content-type': mediaType }
  if (quirks.conditionalRequests && matchesEtag(headers['if-none-match'], digest)) {
    return { status: 304, headers: common }
  }
  const tag = isDigest(argument) ? undefined : argument
  return {
    status: 200,
    headers: { ...common, 'content-length': String(size) },
    body: () => context.storage.open(repository, digest, 0, size - 1),
    happening: { action: 'pull', digest, mediaType, size, tag },
  }
}

const isOci = (mediaType: string) => mediaType === mediaTypes.ociManifest || mediaType === mediaTypes.ociIndex

function accepts(header: string | undefined, mediaType: string): boolean {
  return (header ?? '').split(',').some((part) => part.split(';')[0]?.trim() === mediaType)
}

async function deleteManifest(input: HandlerInput): Promise<RegistryResponse> {
  const { context, repository, argument } = input
  const { quirks } = context
  const record = requireRepository(input)
  if (!isDigest(argument)) {
    if (!quirks.tagDelete) {
      const code = quirks.tagDeleteStatus === 400 ? 'DIGEST_INVALID' : 'UNSUPPORTED'
      throw new RegistryFault(quirks.tagDeleteStatus, code, 'tags can not be deleted')
    }
    if (!record.tags.has(argument)) throw new RegistryFault(404, 'MANIFEST_UNKNOWN', `no tag ${argument}`)
    checkConditions(input, argument, record)
    record.tags.delete(argument)
    await context.catalogue.saved(repository)
    return accepted({ action: 'delete', tag: argument })
  }
  if (!record.manifests.delete(argument)) throw new RegistryFault(404, 'MANIFEST_UNKNOWN', `no ${argument}`)
  for (const [tag, digest] of record.tags) if (digest === argument) record.tags.delete(tag)
  await context.catalogue.saved(repository)
  await dropContent(input, argument)
  return accepted({ action: 'delete', digest: argument })
}

function accepted(happening: NonNullable<RegistryResponse['happening']>): RegistryResponse {
  return { status: 202, headers: { 'content-length': '0' }, happening }
}
