import type { BlobReader, Descriptor, Digest, ImageManifest, Platform, RawManifest } from '@sallyport/core'
import type { ImageConfig } from './config.schema.ts'
import type { FileNode, FileTree } from './tree/file-tree.ts'

/** One layer of an open image. */
export interface ImageLayer {
  /** Position, the base layer first. */
  readonly index: number
  /** Media type, digest and size of the layer as it is stored. */
  readonly descriptor: Descriptor
  /** Digest of the uncompressed tar. */
  readonly diffId: Digest
  /** The history line that made it, when the config tells. */
  readonly createdBy?: string | undefined
}

/** Options of {@link Image.readFile}. */
export interface ReadFileOptions {
  /** Largest file to hold in memory, in bytes. Default 64 MiB. */
  readonly maxBytes?: number | undefined
  /** Ends the reading; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * An image of one platform, read once from its source into a local folder, verified, and open for random access.
 * It is also a {@link BlobReader} of its own config and layers. Dispose it to delete the folder.
 */
export interface Image extends BlobReader, AsyncDisposable {
  /** The manifest, as its bytes. */
  readonly raw: RawManifest
  /** The manifest, parsed. */
  readonly manifest: ImageManifest
  /** The config, parsed. */
  readonly config: ImageConfig
  /** The platform that the config names. */
  readonly platform: Platform
  /** The layers, the lowest first. */
  readonly layers: readonly ImageLayer[]
  /** The merged view of all layers, with whiteouts and opaque directories applied. */
  readonly tree: FileTree
  /** An OCI layout folder that holds exactly this image, for tools that read layouts. */
  readonly layoutDirectory: string
  /**
   * Reads a regular file of the merged view; hard links are followed, symbolic links are not.
   *
   * @throws {ImageError} `NOT_A_FILE`, `LIMIT_EXCEEDED`.
   */
  readFile(node: FileNode, options?: ReadFileOptions): Promise<Uint8Array>
  /**
   * Reads a part of a regular file of the merged view; fewer bytes than asked for where the file ends.
   *
   * @throws {ImageError} `NOT_A_FILE`, `LIMIT_EXCEEDED` above 64 MiB at once.
   */
  readRange(
    node: FileNode,
    range: { readonly offset: number; readonly length: number },
    options?: { readonly signal?: AbortSignal | undefined },
  ): Promise<Uint8Array>
  /** Streams a regular file of the merged view. */
  openFile(node: FileNode, options?: { readonly signal?: AbortSignal | undefined }): AsyncIterable<Uint8Array>
}
