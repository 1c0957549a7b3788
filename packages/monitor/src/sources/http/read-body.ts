import { MonitorError } from '../../errors.ts'

/** Limits of {@link readBody}. */
export interface ReadBodyOptions {
  /** In bytes. */
  readonly maxBytes: number
  readonly signal: AbortSignal
}

/**
 * Reads a body while it streams in, and no further than its limit, whatever its length was said to be.
 *
 * @throws {MonitorError} `DELIVERY_TOO_LARGE`; `DELIVERY_INVALID` with status 408 when it took too long or was cut off.
 */
export async function readBody(
  chunks: AsyncIterable<Uint8Array>,
  { maxBytes, signal }: ReadBodyOptions,
): Promise<Uint8Array> {
  const iterator = chunks[Symbol.asyncIterator]()
  const read: Uint8Array[] = []
  let length = 0
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  aborted.catch(() => undefined)
  const abort = () => reject(slow())
  signal.addEventListener('abort', abort, { once: true })
  try {
    if (signal.aborted) throw slow()
    for (;;) {
      const { done, value } = await Promise.race([iterator.next().catch(cutOff), aborted])
      if (done === true) return Buffer.concat(read)
      length += value.byteLength
      if (length > maxBytes) throw tooLarge(maxBytes)
      read.push(value)
    }
  } finally {
    signal.removeEventListener('abort', abort)
    // Not waited for: a sender that says nothing would keep it.
    iterator.return?.().catch(() => undefined)
  }
}

/** More than is read. */
export function tooLarge(maxBytes: number): MonitorError {
  return new MonitorError('DELIVERY_TOO_LARGE', `more than ${maxBytes} bytes`, { status: 413 })
}

function slow(): MonitorError {
  return new MonitorError('DELIVERY_INVALID', 'the body took too long', { status: 408 })
}

function cutOff(cause: unknown): never {
  throw new MonitorError('DELIVERY_INVALID', 'the body was cut off', { cause, status: 400 })
}
