import { type Descriptor, type Digest, mediaTypes } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import { jsonResponse, type RegistryResponse } from '../registry-response.ts'
import { type HandlerInput, locationOf, methodNotAllowed, requireDigest } from './registry-context.ts'

const loginPath = '/login'

/** The referrers of a digest as an index, filtered by artifact type and in pages. */
export async function handleReferrers(input: HandlerInput): Promise<RegistryResponse> {
  const { request, context, repository, argument } = input
  const { quirks } = context
  if (!quirks.referrersApi) return refuse(input)
  if (request.method !== 'GET' && request.method !== 'HEAD') methodNotAllowed(input)
  const subject = requireDigest(argument)
  const filter = quirks.referrersFilter ? request.query.get('artifactType') : null
  const all = listReferrers(input, subject).filter(({ artifactType }) => !filter || artifactType === filter)

  const size = quirks.referrersPageSize
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
  const manifests = quirks.referrersDetails
    ? page
    : page.map(({ mediaType, digest, size }) => ({ mediaType, digest, size }))
  return jsonResponse(200, { schemaVersion: 2, mediaType: mediaTypes.ociIndex, manifests }, headers)
}

/** The page that a redirected request for referrers ends at. */
export function loginPage(): RegistryResponse {
  const body = Buffer.from('<!doctype html><title>Sign in</title><h1>Sign in</h1>\n')
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-length': String(body.byteLength) }
  return { status: 200, headers, body }
}

function refuse({ context }: HandlerInput): RegistryResponse {
  const { referrersAbsence } = context.quirks
  if (referrersAbsence === 'html-login') {
    return { status: 302, headers: { location: `${context.origin}${loginPath}`, 'content-length': '0' } }
  }
  const code = referrersAbsence === 401 || referrersAbsence === 403 ? 'UNAUTHORIZED' : 'UNSUPPORTED'
  throw new RegistryFault(referrersAbsence, code, 'no referrers API')
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
