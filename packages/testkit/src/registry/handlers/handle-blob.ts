import { RegistryFault } from '../registry-fault.ts'
import type { RegistryResponse } from '../registry-response.ts'
import {
  digestHeader,
  type HandlerInput,
  methodNotAllowed,
  requireDigest,
  requireRepository,
} from './registry-context.ts'

/** HEAD, GET (with Range) and DELETE of a blob. */
export async function handleBlob(input: HandlerInput): Promise<RegistryResponse> {
  const { request, headers, context, repository, argument } = input
  const digest = requireDigest(argument)
  const record = requireRepository(input)
  const size = record.blobs.get(digest)
  if (size === undefined)
    throw new RegistryFault(404, 'BLOB_UNKNOWN', `blob ${digest} is not in ${repository}`)

  if (request.method === 'DELETE') {
    record.blobs.delete(digest)
    await context.catalogue.saved(repository)
    return { status: 202, headers: {} }
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') methodNotAllowed(input)

  const common = {
    ...digestHeader(context, digest),
    etag: `"${digest}"`,
    'accept-ranges': 'bytes',
    'content-type': 'application/octet-stream',
  }
  if (context.quirks.redirectsBlobs && !request.path.startsWith('/storage/')) {
    return { status: 307, headers: { location: `${context.otherOrigin}/storage/${repository}/${digest}` } }
  }
  const range = headers.range === undefined ? undefined : parseRange(headers.range, size)
  if (range === 'unsatisfiable') {
    throw new RegistryFault(416, 'SIZE_INVALID', 'range is beyond the blob', {
      headers: { 'content-range': `bytes */${size}` },
    })
  }
  const { start, end } = range ?? { start: 0, end: size - 1 }
  return {
    status: range ? 206 : 200,
    headers: {
      ...common,
      'content-length': String(end - start + 1),
      ...(range ? { 'content-range': `bytes ${start}-${end}/${size}` } : {}),
    },
    body: () => context.storage.open(digest, start, end),
  }
}

/** Reads a single byte range (RFC 9110, 14.1.2); other forms are ignored, as the RFC allows. */
function parseRange(
  header: string,
  size: number,
): { start: number; end: number } | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header.trim())
  if (!match || (match[1] === '' && match[2] === '')) return undefined
  const [, first = '', last = ''] = match
  const start = first === '' ? Math.max(0, size - Number(last)) : Number(first)
  const end = first === '' || last === '' ? size - 1 : Math.min(Number(last), size - 1)
  if (start >= size || (first === '' && Number(last) === 0)) return 'unsatisfiable'
  return end < start ? undefined : { start, end }
}
