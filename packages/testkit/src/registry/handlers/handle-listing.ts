import { type Descriptor, type Digest, mediaTypes } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import { jsonResponse, type RegistryResponse } from '../registry-response.ts'
import {
  type HandlerInput,
  locationOf,
  methodNotAllowed,
  requireDigest,
  requireRepository,
} from './registry-context.ts'

/** `_catalog`: all repositories that hold a manifest or a blob. */
export async function handleCatalog(input: HandlerInput): Promise<RegistryResponse> {
  if (input.request.method !== 'GET') methodNotAllowed(input)
  const { page, headers } = paginate(input, input.context.catalogue.names(), 1000)
  return jsonResponse(200, { repositories: page }, headers)
}

/** `tags/list` with `n`, `last` and `Link`. */
export async function handleTags(input: HandlerInput): Promise<RegistryResponse> {
  if (input.request.method !== 'GET') methodNotAllowed(input)
  const { quirks } = input.context
  const tags = [...requireRepository(input).tags.keys()]
  if (quirks.ignoresPaging) return jsonResponse(200, { name: input.repository, tags })
  const { page, headers } = paginate(input, tags.sort(), quirks.tagsPageSize)
  return jsonResponse(200, { name: input.repository, tags: page }, headers)
}

/** The referrers of a digest as an index, filtered by artifact type and in pages. */
export async function handleReferrers(input: HandlerInput): Promise<RegistryResponse> {
  const { request, context, repository, argument } = input
  if (!context.quirks.referrersApi) throw new RegistryFault(404, 'UNSUPPORTED', 'no referrers API')
  if (request.method !== 'GET') methodNotAllowed(input)
  const subject = requireDigest(argument)
  const filter = context.quirks.referrersFilter ? request.query.get('artifactType') : null
  const all = listReferrers(input, subject).filter(({ artifactType }) => !filter || artifactType === filter)

  const size = context.quirks.referrersPageSize
  const last = request.query.get('last')
  const first = last === null ? 0 : all.findIndex(({ digest }) => digest === last) + 1
  const page = all.slice(first, first + size)
  const headers: Record<string, string> = { 'content-type': mediaTypes.ociIndex }
  if (filter) headers['oci-filters-applied'] = 'artifactType'
  if (first + size < all.length) {
    const query = new URLSearchParams({
      ...(filter ? { artifactType: filter } : {}),
      last: page.at(-1)!.digest,
    })
    headers.link = `<${locationOf(context, `/v2/${repository}/referrers/${subject}?${query}`)}>; rel="next"`
  }
  return jsonResponse(200, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests: page }, headers)
}

function listReferrers({ context, repository }: HandlerInput, subject: Digest): Descriptor[] {
  const manifests = context.catalogue.get(repository)?.manifests ?? []
  return [...manifests].flatMap(([digest, { mediaType, size, artifactType, annotations, ...manifest }]) =>
    manifest.subject === subject
      ? [
          {
            mediaType,
            digest,
            size,
            ...(artifactType === undefined ? {} : { artifactType }),
            ...(annotations === undefined ? {} : { annotations }),
          },
        ]
      : [],
  )
}

function paginate(
  { request, context }: HandlerInput,
  names: readonly string[],
  maximum: number,
): { page: readonly string[]; headers: Record<string, string> } {
  const wanted = request.query.get('n')
  if (wanted !== null && !/^\d{1,9}$/.test(wanted))
    throw new RegistryFault(400, 'SIZE_INVALID', 'n is no number')
  const size = Math.min(wanted === null ? maximum : Number(wanted), maximum)
  const last = request.query.get('last')
  const rest = last === null ? names : names.filter((name) => name > last)
  const page = rest.slice(0, size)
  const end = page.at(-1)
  if (end === undefined || rest.length <= size) return { page, headers: {} }
  const query = new URLSearchParams({ n: String(size), last: end })
  return { page, headers: { link: `<${locationOf(context, `${request.path}?${query}`)}>; rel="next"` } }
}
