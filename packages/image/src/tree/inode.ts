import type { LayerEntry } from '../layer/layer-entry.ts'
import type { FileType } from './file-tree.ts'

/** A file as the file system knows it: several paths of one layer may share it by hard links. */
export interface Inode {
  readonly type: FileType
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly mtime: number
  readonly size: number
  readonly linkTarget: string
  readonly deviceMajor: number
  readonly deviceMinor: number
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  /** The entry that brought the content. */
  readonly origin: EntryRef
  /** Where the content begins in the tar of `origin.layer`. */
  readonly dataOffset: number
}

/** Names one entry of one layer, both by position. */
export interface EntryRef {
  /** Position of the layer, from 0 for the lowest. */
  readonly layer: number
  /** Position of the entry in its layer, from 0. */
  readonly entry: number
}

/** Makes the inode of an entry that is no link, whiteout or marker. */
export function toInode(entry: LayerEntry, type: FileType, origin: EntryRef): Inode {
  return {
    type,
    mode: entry.mode,
    uid: entry.uid,
    gid: entry.gid,
    mtime: entry.mtime,
    size: type === 'file' ? entry.size : 0,
    linkTarget: type === 'symlink' ? entry.linkTarget : '',
    deviceMajor: entry.deviceMajor,
    deviceMinor: entry.deviceMinor,
    xattrs: entry.xattrs,
    origin,
    dataOffset: entry.dataOffset,
  }
}

/** Whether a link's own header says something else about the file than the file's did. */
export function changesMetadata(inode: Inode, link: LayerEntry): boolean {
  return (
    inode.mode !== link.mode ||
    inode.uid !== link.uid ||
    inode.gid !== link.gid ||
    inode.mtime !== link.mtime ||
    [...link.xattrs].some(([name, value]) => {
      const known = inode.xattrs.get(name)
      return known === undefined || Buffer.compare(known, value) !== 0
    })
  )
}

/** Runtimes apply a hard link's header to the shared file, so the last one decides; attributes add up. */
export function withLinkMetadata(inode: Inode, link: LayerEntry): Inode {
  return {
    ...inode,
    mode: link.mode,
    uid: link.uid,
    gid: link.gid,
    mtime: link.mtime,
    xattrs: link.xattrs.size === 0 ? inode.xattrs : new Map([...inode.xattrs, ...link.xattrs]),
  }
}
