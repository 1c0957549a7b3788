import type { Digest } from '@sallyport/core'

/** Something that does not count any more. */
export interface Revocation {
  /** An image or index. */
  readonly digest?: Digest | undefined
  /** A key, by its id: base64 of the SHA-256 of its SPKI DER form. */
  readonly key?: string | undefined
  /** Why, for people; it is part of refusals. */
  readonly reason: string
  /** Since when, inclusive. Default: always. */
  readonly from?: Date | undefined
  /** Until when, exclusive. Default: for ever. */
  readonly until?: Date | undefined
}

/** What is revoked. */
export interface RevocationList {
  /** File name or URI, for messages. */
  readonly source: string
  /** Digest of the list: another list, another version. */
  readonly version: Digest
  /** What is revoked; may be empty. */
  readonly revocations: readonly Revocation[]
}
