import type { ImageManifest, RawManifest } from '@sallyport/core'
import type { ImageConfig } from '../config.schema.ts'
import type { Image } from '../image.ts'

/** Content of a new file: bytes, or a stream that can be opened more than once. */
export type NewContent =
  | Uint8Array
  | {
      /** Bytes that each stream gives. */
      readonly size: number
      open(): AsyncIterable<Uint8Array>
    }

/** Owner and time of a new path. */
interface NewOwner {
  /** Number of the owner. */
  readonly uid: number
  /** Number of the group. */
  readonly gid: number
  /** Seconds since the epoch, fractions allowed. */
  readonly mtime: number
}

/** A path that an edit adds. */
export type NewEntry =
  | (NewOwner & {
      readonly type: 'file'
      readonly content: NewContent
      /** Permission bits including set-uid, set-gid and sticky. */
      readonly mode: number
      readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined
    })
  | (NewOwner & {
      readonly type: 'directory'
      readonly mode: number
      readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined
    })
  | (NewOwner & {
      readonly type: 'symlink'
      /** Target as it is to be written. */
      readonly linkTarget: string
    })
  /** Shares the content and the metadata of a file that the same edit adds. */
  | { readonly type: 'hardlink'; readonly linkTo: string }

/** Other metadata for a path that stays; what is undefined stays too. */
export interface AttributeEdit {
  /** Permission bits including set-uid, set-gid and sticky. */
  readonly mode?: number | undefined
  /** Number of the owner. */
  readonly uid?: number | undefined
  /** Number of the group. */
  readonly gid?: number | undefined
  /** All extended attributes that the path has afterwards. */
  readonly xattrs?: ReadonlyMap<string, Uint8Array> | undefined
}

/** What to change in an image's merged file system, and in its configuration. */
export interface ImageEdit {
  /** Canonical paths to remove. A directory is removed only when everything in it is; list its content too. */
  readonly remove: ReadonlySet<string>
  /** New content of regular files that exist; metadata stays. */
  readonly replace: ReadonlyMap<string, Uint8Array>
  /**
   * New paths, written into one new layer on top. A path must not exist, unless `remove` names it and it goes; its
   * directory stays (also when `remove` names it) or is added too.
   */
  readonly add?: ReadonlyMap<string, NewEntry> | undefined
  /**
   * Other metadata of paths that stay, written into the layer that holds the path. Hard links share it: naming one
   * of them changes all but those with a new content of their own.
   */
  readonly attributes?: ReadonlyMap<string, AttributeEdit> | undefined
  /**
   * Gives the new configuration, made of a copy of the image's. `rootfs` stays the writer's, and so does `history`,
   * but for its texts: the number of lines and their `empty_layer` must stay, and so must the platform.
   */
  readonly config?: ((config: ImageConfig) => ImageConfig) | undefined
  /** Text of the history line that says who made the change. */
  readonly createdBy: string
  /** Annotations added to the manifest, e.g. `org.opencontainers.image.base.digest`. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
}

/** A rewritten image. Dispose it to delete its files; it is then not open any more. */
export interface RewrittenImage extends AsyncDisposable {
  /** The new manifest, as its bytes. */
  readonly raw: RawManifest
  /** The new manifest, parsed. */
  readonly manifest: ImageManifest
  /** The new config, parsed. */
  readonly config: ImageConfig
  /** The result, open, with its own copy of every blob; the source itself where nothing changed. */
  readonly image: Image
}
