import type { BlobReader, ImageManifest, RawManifest } from '@sallyport/core'
import type { ImageConfig } from '../config.schema.ts'

/** What to change in an image's merged file system. */
export interface ImageEdit {
  /** Canonical paths to remove. A directory is removed only when everything in it is; list its content too. */
  readonly remove: ReadonlySet<string>
  /** New content of regular files that exist; metadata stays. */
  readonly replace: ReadonlyMap<string, Uint8Array>
  /** Text of the history line that says who made the change. */
  readonly createdBy: string
  /** Annotations added to the manifest, e.g. `org.opencontainers.image.base.digest`. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/**
 * A rewritten image: new manifest, and a reader of all blobs that it names, unchanged ones included.
 * Dispose it to delete its files.
 */
export interface RewrittenImage extends AsyncDisposable {
  readonly raw: RawManifest
  readonly manifest: ImageManifest
  readonly config: ImageConfig
  readonly blobs: BlobReader
}
