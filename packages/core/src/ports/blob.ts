import type { Descriptor } from '../descriptor.ts'

/** Options of a blob transfer. */
export interface BlobOptions {
  /** Ends the transfer; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** Options of a blob read. */
export interface BlobReadOptions extends BlobOptions {
  /** First byte to deliver. Default 0. A read from an offset can't be verified by the reader. */
  readonly offset?: number | undefined
}

/** Reads content by descriptor. */
export interface BlobReader {
  /**
   * Streams the content. An implementation ends with an error when the bytes are not those of `blob`
   * (size and digest), so a consumer that reaches the end has the right bytes.
   */
  open(blob: Descriptor, options?: BlobReadOptions): AsyncIterable<Uint8Array>
}

/** Keeps content by descriptor. */
export interface BlobStore extends BlobReader {
  /**
   * Whether the content is there. A store that only asks somebody else takes their word: it saves work and proves
   * nothing.
   */
  has(blob: Descriptor, options?: BlobOptions): Promise<boolean>
  /** Stores the content; after a rejection nothing is stored. Storing what is there already is allowed and cheap. */
  write(blob: Descriptor, content: AsyncIterable<Uint8Array>, options?: BlobOptions): Promise<void>
}
