import type { Digest } from '@sallyport/core'
import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import {
  digestHeader,
  dropContent,
  type HandlerInput,
  methodNotAllowed,
  requireDigest,
  requireRepository,
} from './registry-context.ts'

/** HEAD, GET (with Range) and DELETE of a blob. */
export async function handleBlob(input: HandlerInput): Promise<RegistryResponse> {
  const { request, context, repository, argument } = input
  const digest = requireDigest(argument)
  const { blobs } = requireRepository(input)
  const size = blobs.get(digest)
  if (size === undefined)
    throw new RegistryFault(404, 'BLOB_UNKNOWN', `blob ${digest} is not in ${repository}`)
  switch (request.method) {
    case 'GET':
    case 'HEAD':
      return readBlob(input, digest, size)
    case 'DELETE':
      blobs.delete(digest)
      await context.catalogue.saved(repository)
      await dropContent(input, digest)
      return { status: 202, headers: { 'content-length': '0' }, happening: { action: 'delete', digest } }
    default:
      return methodNotAllowed(input)
  }
}

function readBlob(input: HandlerInput, digest: Digest, size: number): RegistryResponse {
  const { request, headers, context, repository } = input
  if (context.quirks.redirectsBlobs && !request.path.startsWith('/storage/')) {
    const location = `${context.otherOrigin}/storage/${repository}/${digest}`
    return { status: 307, headers: { location, 'content-length': '0' } }
  }
  const range = headers.range === undefined ? undefined : parseRange(headers.range, size)
  if (range === 'unsatisfiable') {
    throw new RegistryFault(416, 'SIZE_INVALID', 'range is beyond the blob', {
      headers: { 'content-range': `bytes */${size}` },
    })
  }
  const { start, end } = range ?? { start: 0, end: size - 1 }
  const mediaType = 'application/octet-stream'
  return {
    status: range ? 206 : 200,
    headers: {
      ...digestHeader(context, digest),
      etag: `"${digest}"`,
      'accept-ranges': 'bytes',
      'content-type': mediaType,
      'content-length': String(end - start + 1),
      ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    },
    body: () => context.storage.open(repository, digest, start, end),
    happening: { action: 'pull', digest, mediaType, size },
  }
}

/** Reads a single byte range (RFC 9110, 14.1.2); several ranges and other units are ignored, as the RFC allows. */
function parseRange(
  header: string,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim())
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  return start >= size || end < start ? 'unsatisfiable' : { start, end }
}
