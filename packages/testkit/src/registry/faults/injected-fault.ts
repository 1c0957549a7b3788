import type { RegistryRequest } from '../recorded-request.ts'

/** What goes wrong with one request. {@link registryFaults} makes the usual ones. */
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
  /** Answer with what a tag pointed to before it was moved last. */
  | { readonly type: 'stale-tag' }
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
      /** Adds this to the true `Content-Length`; the bytes stay as they are and the connection ends after them. */
      readonly lengthOffset?: number | undefined
      /** Sends the body in small pieces and waits before each. */
      readonly drip?: ResponseDrip | undefined
    }

/** How to send a body slowly. */
export interface ResponseDrip {
  /** Size of a piece. */
  readonly bytes: number
  /** Called before each piece; the piece is sent when the promise resolves. */
  readonly wait: () => Promise<unknown>
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
