import type { Digest, DigestAlgorithm } from '@sallyport/core'

/** Content that is still being received. */
export interface PendingContent {
  /** Bytes received so far. */
  readonly size: number
  /** Appends and hashes one chunk. */
  append(chunk: Uint8Array): Promise<void>
  /** Digest of all bytes so far. */
  digest(algorithm: DigestAlgorithm): Promise<Digest>
  /** Keeps the content under its digest. */
  commit(digest: Digest): Promise<void>
  /** Drops the content. */
  discard(): Promise<void>
}

/** Where a registry keeps bytes by digest; which repository may see them is not its matter. */
export interface ContentStorage {
  size(digest: Digest): Promise<number | undefined>
  /** Streams the bytes from `start` to `end`, both inclusive. */
  open(digest: Digest, start: number, end: number): AsyncIterable<Uint8Array>
  create(): Promise<PendingContent>
  delete(digest: Digest): Promise<void>
}
