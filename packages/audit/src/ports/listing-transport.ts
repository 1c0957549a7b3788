import type { WireAnswer, WireRequest } from '@sallyport/oci/cloud'

/**
 * Sends the requests of a listing: one HTTP exchange each, nothing repeated, redirected or decoded. `createTransport` of
 * `@sallyport/oci/cloud` makes one with a proxy, certificates or time limits of its own.
 */
export interface ListingTransport {
  /** Sends one request; resolves when the header of the answer is there, rejects when there is none. */
  send(request: WireRequest): Promise<WireAnswer>
}
