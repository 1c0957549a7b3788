/** Kinds of tar entry that are read and written. */
export type TarEntryType =
  | 'file'
  | 'hardlink'
  | 'symlink'
  | 'character-device'
  | 'block-device'
  | 'directory'
  | 'fifo'

/** What the header blocks of one entry say, PAX and GNU extensions applied. */
export interface TarHeader {
  /** What the entry is. */
  readonly type: TarEntryType
  /** Name as written; bytes that are no UTF-8 are lone surrogates U+DC80 to U+DCFF. */
  readonly path: string
  /** Target of a link as written, otherwise empty. */
  readonly linkPath: string
  /** Permission bits including set-uid, set-gid and sticky. */
  readonly mode: number
  /** Number of the owner. */
  readonly uid: number
  /** Number of the group. */
  readonly gid: number
  /** Name of the owner; may be empty. */
  readonly userName: string
  /** Name of the group; may be empty. */
  readonly groupName: string
  /** Seconds since the epoch, with fractions where PAX has them. */
  readonly mtime: number
  /** Bytes of content; 0 for all but regular files. */
  readonly size: number
  /** Major number of a device; 0 for all else. */
  readonly deviceMajor: number
  /** Minor number of a device; 0 for all else. */
  readonly deviceMinor: number
  /** Extended attributes by name, as their bytes. */
  readonly xattrs: ReadonlyMap<string, Uint8Array>
  /** All PAX records of this entry as bytes, by keyword. */
  readonly pax: ReadonlyMap<string, Uint8Array>
}

/** A header with its place in the archive. */
export interface TarEntry extends TarHeader {
  /** Position of the first header block that belongs to the entry, extension headers included. */
  readonly offset: number
  /** Position of the content. */
  readonly dataOffset: number
}

/** Prefix of the PAX keywords that carry extended attributes. */
export const xattrPrefix = 'SCHILY.xattr.'

/** Bytes of a tar block. */
export const blockSize = 512

/** Content length filled up to whole blocks. */
export function paddedSize(size: number): number {
  return Math.ceil(size / blockSize) * blockSize
}
