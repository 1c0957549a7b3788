/** Kinds of file that a layer can hold. */
export type FileType = 'file' | 'directory' | 'symlink' | 'fifo' | 'character-device' | 'block-device'

/**
 * One path of the merged view. Paths are absolute, without a trailing slash, `/` for the root. A name that is not
 * valid UTF-8 keeps its bytes as lone surrogates U+DC80 to U+DCFF, so that paths compare and round-trip.
 */
export interface FileNode {
  /** Absolute path. */
  readonly path: string
  /** What the path is. */
  readonly type: FileType
  /** Permission bits including set-uid, set-gid and sticky. */
  readonly mode: number
  /** Number of the owner. */
  readonly uid: number
  /** Number of the group. */
  readonly gid: number
  /** Seconds since the epoch, with fractions where the layer has them. */
  readonly mtime: number
  /** Bytes of content; 0 for all but regular files. A hard link has the size of its content. */
  readonly size: number
  /** Target of a symbolic link as written, otherwise undefined. */
  readonly linkTarget?: string | undefined
  /** Path that this hard link shares its content with, in the same layer, otherwise undefined. */
  readonly hardlinkTo?: string | undefined
  /** Extended attributes by name, as their bytes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  /** Index of the layer that this entry comes from. */
  readonly layer: number
}

/** Options of {@link FileTree.resolve}. */
export interface ResolveOptions {
  /** Whether a symbolic link in the last position is followed too. Default `true`. */
  readonly followLast?: boolean | undefined
}

/** The merged file system of an image: what a container of it would see. */
export interface FileTree {
  /** How many paths there are. */
  readonly size: number
  /** The entry at exactly this canonical path; symbolic links on the way are not followed. */
  get(path: string): FileNode | undefined
  /**
   * The entry that a process would reach: symbolic links in every component are followed inside the image
   * (absolute ones from the image's root, `..` never above it). `undefined` when it is missing or a link loops.
   */
  resolve(path: string, options?: ResolveOptions): FileNode | undefined
  /** Canonical path that `path` leads to, through symbolic links in its parents; also when the last part is missing. */
  canonicalize(path: string): string
  /** Direct children of a directory, sorted by path. */
  children(path: string): readonly FileNode[]
  /** All entries, sorted by path, parents first. */
  entries(): IterableIterator<FileNode>
}
