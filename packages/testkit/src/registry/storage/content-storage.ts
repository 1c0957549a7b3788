import type { Digest, DigestAlgorithm } from '@sallyport/core'

/** Content that is still being received. */
export interface PendingContent {
  /** Bytes received so far. */
  readonly size: number
  /** Appends and hashes one chunk. */
  append(chunk: Uint8Array): Promise<void>
  /** Digest of all bytes so far. */
  digest(algorithm: DigestAlgorithm): Promise<Digest>
  /** Keeps the content in a repository, under each of these digests of it. */
  commit(repository: string, digests: readonly Digest[]): Promise<void>
  /** Drops the content. */
  discard(): Promise<void>
}

/** Where a registry keeps bytes by repository and digest. Equal bytes in several repositories are kept once. */
export interface ContentStorage {
  /** Streams the bytes from `start` to `end`, both inclusive. */
  open(repository: string, digest: Digest, start: number, end: number): AsyncIterable<Uint8Array>
  create(): Promise<PendingContent>
  /** Makes the content of one repository also that of another. */
  share(digest: Digest, from: string, to: string): Promise<void>
  delete(repository: string, digest: Digest): Promise<void>
}
