import type { RegistryRequest } from './recorded-request.ts'

/** What goes wrong with one request. */
export type InjectedFault =
  /** Answer this and do not handle the request. */
  | {
      readonly type: 'respond'
      readonly status: number
      readonly headers?: Readonly<Record<string, string>> | undefined
      readonly body?: string | Uint8Array | undefined
    }
  /** Cut the connection: at once, or after so many bytes of the request's body were taken in. */
  | { readonly type: 'drop-connection'; readonly afterBytes?: number | undefined }
  /** Handle the request, but lie in the answer. Lengths and digests in the headers stay those of the true answer. */
  | {
      readonly type: 'alter-response'
      /** Replaces headers; `null` removes one. */
      readonly headers?: Readonly<Record<string, string | null>> | undefined
      /** Sends other bytes of another length. */
      readonly body?: Uint8Array | undefined
      /** Inverts the byte at this position. */
      readonly flipByteAt?: number | undefined
      /** Cuts the connection after so many bytes. */
      readonly truncateAt?: number | undefined
    }

/**
 * Decides about each request before it is handled. A promise holds the request back, so that a test can do something
 * in the middle of a push.
 */
export type RequestHook = (
  request: RegistryRequest,
) => InjectedFault | undefined | Promise<InjectedFault | undefined>

/** Thrown where a connection is to be cut. */
export class ConnectionDropped extends Error {}

/** Passes a request body through and cuts it after `afterBytes`. */
export async function* dropAfter(
  body: AsyncIterable<Uint8Array>,
  afterBytes: number,
): AsyncGenerator<Uint8Array> {
  let left = afterBytes
  for await (const chunk of body) {
    yield chunk.subarray(0, left)
    left -= chunk.byteLength
    if (left <= 0) break
  }
  throw new ConnectionDropped('injected')
}

/** Passes a response body through with one byte inverted or its end cut off. */
export async function* alterBody(
  body: AsyncIterable<Uint8Array>,
  { flipByteAt, truncateAt }: { flipByteAt?: number | undefined; truncateAt?: number | undefined },
): AsyncGenerator<Uint8Array> {
  let position = 0
  for await (const original of body) {
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
