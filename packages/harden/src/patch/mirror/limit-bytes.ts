import { HardenError } from '../../errors.ts'

/**
 * Passes a stream on up to a number of bytes.
 *
 * @throws {HardenError} `LIMIT_EXCEEDED` at the first byte too many; `name` says of what.
 */
export async function* limitBytes(
  source: AsyncIterable<Uint8Array>,
  maxBytes: number,
  name: string,
): AsyncGenerator<Uint8Array, void, undefined> {
  let received = 0
  for await (const chunk of source) {
    received += chunk.byteLength
    if (received > maxBytes) throw new HardenError('LIMIT_EXCEEDED', `${name}: more than ${maxBytes} bytes`)
    yield chunk
  }
}
