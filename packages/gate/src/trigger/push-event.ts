import type { Digest } from '@sallyport/core'

/** Somebody pushed something, as a registry or its log told. A hint: what is there is read anew. */
export interface PushEvent {
  /** Host with its port. */
  readonly registry: string
  /** Repository, without its registry. */
  readonly repository: string
  /** Absent when it was pushed by digest only. */
  readonly tag?: string | undefined
  /** Digest that was pushed. */
  readonly digest: Digest
  /** ISO 8601 time of the push. */
  readonly time: string
  /** Who told, for messages, e.g. `harbor`. */
  readonly source: string
}
