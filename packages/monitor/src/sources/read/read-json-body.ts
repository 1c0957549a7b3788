import { isJsonDeeperThan } from '@sallyport/core'
import { MonitorError } from '../../errors.ts'
import type { Delivery } from '../../ports/event-format.ts'

const maxDepth = 64
/** Who mounts a format caps the body long before; this is for those who hand in pages themselves. */
const maxBytes = 64 * 1024 * 1024

/**
 * The media type of a delivery, in lower case and without parameters; empty when it has none. A charset other than UTF-8
 * and a content encoding are refused.
 */
export function mediaTypeOf({ headers }: Delivery): string {
  const written = Object.hasOwn(headers, 'content-type') ? (headers['content-type'] ?? '') : ''
  const encoding = headers['content-encoding'] ?? 'identity'
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(written)?.[1] ?? 'utf-8'
  if (encoding.toLowerCase() !== 'identity' || !/^utf-?8$/i.test(charset))
    throw invalid('expected plain UTF-8', 415)
  return (written.split(';', 1)[0] ?? '').trim().toLowerCase()
}

/**
 * Parses the body of a delivery of one of these media types. A page that did not come over HTTP may do without a type.
 *
 * @throws {MonitorError} `DELIVERY_INVALID`, with status 415 for another type and 400 for what is no JSON;
 *   `DELIVERY_TOO_LARGE`.
 */
export function readJsonBody(delivery: Delivery, mediaTypes: readonly string[]): unknown {
  const mediaType = mediaTypeOf(delivery)
  const isFetched = mediaType === '' && delivery.path === undefined
  if (!isFetched && !mediaTypes.includes(mediaType))
    throw invalid(`expected the content type ${mediaTypes.join(' or ')}`, 415)
  return parseJson(delivery.body)
}

/** Parses JSON from outside; as {@link readJsonBody}. */
export function parseJson(bytes: Uint8Array): unknown {
  if (bytes.byteLength > maxBytes)
    throw new MonitorError('DELIVERY_TOO_LARGE', `at most ${maxBytes} bytes are read at once`, {
      status: 413,
    })
  let text: string
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
  } catch {
    throw invalid('not UTF-8')
  }
  if (isJsonDeeperThan(text, maxDepth)) throw invalid(`JSON nested deeper than ${maxDepth} levels`)
  try {
    return JSON.parse(text)
  } catch {
    throw invalid('not JSON')
  }
}

/** A delivery of which nothing can be read. */
export function invalid(message: string, status = 400): MonitorError {
  return new MonitorError('DELIVERY_INVALID', message, { status })
}
