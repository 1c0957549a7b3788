import type { FileType } from '../tree/file-tree.ts'

/** What an entry of a layer does; `ignored` is bookkeeping of aufs that no runtime shows. */
export type LayerEntryKind = FileType | 'hardlink' | 'whiteout' | 'opaque' | 'ignored'

/** One tar entry of a layer, its names made canonical. */
export interface LayerEntry {
  readonly kind: LayerEntryKind
  /** Absolute path as written; of a whiteout the path that it hides, of an opaque marker its directory. */
  readonly path: string
  /** Target of a symbolic link as written, of a hard link as an absolute path; otherwise empty. */
  readonly linkTarget: string
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly size: number
  readonly deviceMajor: number
  readonly deviceMinor: number
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  /** Where its headers begin in the uncompressed tar. */
  readonly offset: number
  /** Where its content begins. */
  readonly dataOffset: number
}

/** What a layer's uncompressed tar holds. */
export interface LayerIndex {
  readonly entries: readonly LayerEntry[]
  /** Whether there are bytes that no reader shows: non-zero padding, or data after the end mark. */
  readonly hiddenBytes: boolean
}
