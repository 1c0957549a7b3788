import { ConnectionDropped, type ResponseDrip } from './injected-fault.ts'

/** Passes a request body through and cuts it after `afterBytes`. */
export async function* dropAfter(
  body: AsyncIterable<Uint8Array>,
  afterBytes: number,
): AsyncGenerator<Uint8Array> {
  let left = afterBytes
  for await (const chunk of left > 0 ? body : []) {
    yield chunk.subarray(0, left)
    left -= chunk.byteLength
    if (left <= 0) break
  }
  throw new ConnectionDropped('injected')
}

/** What to do with the bytes of an answer. */
export interface BodyAlteration {
  readonly flipByteAt?: number | undefined
  readonly truncateAt?: number | undefined
  readonly drip?: ResponseDrip | undefined
}

/** Passes a response body through: slowly, with one byte inverted, or with its end cut off. */
export async function* alterBody(
  body: AsyncIterable<Uint8Array>,
  { flipByteAt, truncateAt, drip }: BodyAlteration,
): AsyncGenerator<Uint8Array> {
  let position = 0
  for await (const original of drip ? dripBody(body, drip) : body) {
    const chunk = Buffer.from(original)
    const at = flipByteAt === undefined ? -1 : flipByteAt - position
    if (at >= 0 && at < chunk.byteLength) chunk.writeUInt8(chunk.readUInt8(at) ^ 0xff, at)
    if (truncateAt !== undefined && position + chunk.byteLength >= truncateAt) {
      yield chunk.subarray(0, truncateAt - position)
      throw new ConnectionDropped('injected')
    }
    position += chunk.byteLength
    yield chunk
  }
}

async function* dripBody(
  body: AsyncIterable<Uint8Array>,
  { bytes, wait }: ResponseDrip,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    for (let at = 0; at < chunk.byteLength; at += bytes) {
      await wait()
      yield chunk.subarray(at, at + bytes)
    }
  }
}
