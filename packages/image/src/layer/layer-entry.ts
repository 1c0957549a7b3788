import type { FileType } from '../tree/file-tree.ts'

/** What an entry of a layer does; `ignored` is bookkeeping of aufs that no runtime shows. */
export type LayerEntryKind = FileType | 'hardlink' | 'whiteout' | 'opaque' | 'ignored'

/** One tar entry of a layer, its names made canonical. */
export interface LayerEntry {
  /** What the entry is. */
  readonly kind: LayerEntryKind
  /** Absolute path as written; of a whiteout the path that it hides, of an opaque marker its directory. */
  readonly path: string
  /** Target of a symbolic link as written, of a hard link as an absolute path; otherwise empty. */
  readonly linkTarget: string
  /** Permission bits, with set-uid, set-gid and sticky. */
  readonly mode: number
  /** Number of the owner. */
  readonly uid: number
  /** Number of the group. */
  readonly gid: number
  /** Time of the last change, in seconds since the epoch, with fractions where the layer has them. */
  readonly mtime: number
  /** Bytes of its content; 0 for what has none of its own. */
  readonly size: number
  /** Major number of a device; 0 for all else. */
  readonly deviceMajor: number
  /** Minor number of a device; 0 for all else. */
  readonly deviceMinor: number
  /** Extended attributes by name, as their bytes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  /** Where its headers begin in the uncompressed tar. */
  readonly offset: number
  /** Where its content begins. */
  readonly dataOffset: number
}

/** What a layer's uncompressed tar holds. */
export interface LayerIndex {
  /** The entries, in the order of the tar. */
  readonly entries: readonly LayerEntry[]
  /** Whether there are bytes that no reader shows: non-zero padding, or data after the end mark. */
  readonly hiddenBytes: boolean
}
