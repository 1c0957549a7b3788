import type { Digest, Platform } from '@sallyport/core'
import type { FileNode, FileTree } from '@sallyport/image'

/** What a layer's entry alone says of a regular file; what a reader wants to see of it is chosen by this. */
export interface FileCandidate {
  /** Canonical path in its layer. Links in parents may lead to it by another name. */
  readonly path: string
  /** Permission bits. */
  readonly mode: number
  /** Bytes. */
  readonly size: number
}

/** A file's content for random access. */
export interface FileContent {
  /** Bytes. */
  readonly size: number
  /** Reads a part, at most 64 MiB at once; fewer bytes than asked for where the file ends. */
  read(offset: number, length: number): Promise<Uint8Array>
}

/**
 * Takes out of a file's content the little that matters, so that the content need not be kept. Its results are
 * cached with the layer as JSON: they are plain values and depend on the content alone, never on the path.
 */
export interface FileExaminer<T = unknown> {
  /** Unique among all; a part of the key of cached layers. */
  readonly name: string
  /** Goes up with every change of what is selected or found. */
  readonly version: number
  /** Whether this file may be of interest. */
  selects(file: FileCandidate): boolean
  /**
   * `undefined` when there is nothing of interest in it.
   *
   * @throws {SyntaxError} when the content is of the kind that it looks for, and broken.
   */
  examine(
    content: FileContent,
    options: { readonly signal?: AbortSignal | undefined },
  ): Promise<T | undefined>
}

/** Options of the calls that read. */
export interface ReadOptions {
  readonly signal?: AbortSignal | undefined
}

/** The files of an image as package readers see them: the merged tree, and the content of what they selected. */
export interface ImageFiles {
  /** Digest of the image manifest. */
  readonly subject: Digest
  readonly platform: Platform
  /** The base layer first. */
  readonly layers: readonly { readonly diffId: Digest }[]
  readonly tree: FileTree
  /**
   * The whole content of a regular file that a reader selected.
   *
   * @throws {ImageError} `NOT_A_FILE`; `LIMIT_EXCEEDED` above `maxBytes`.
   * @throws {InventoryError} `CONTENT_NOT_KEPT` when no reader selects such a file.
   */
  readFile(node: FileNode, options: ReadOptions & { readonly maxBytes: number }): Promise<Uint8Array>
  /** What an examiner found in a regular file that it selects; with its errors. */
  examine<T>(node: FileNode, examiner: FileExaminer<T>, options?: ReadOptions): Promise<T | undefined>
}
