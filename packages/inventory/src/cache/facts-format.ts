import type { LayerEntryKind } from '@sallyport/image'

/**
 * How the facts of a layer begin in a cache; the number goes up with every change of the format. The SHA-256 of what
 * follows it comes next, then a zstd frame: the length of the header (4 bytes, little endian), the header as JSON, the kept
 * contents one after the other.
 */
export const magic: Uint8Array = Buffer.from('sallyport facts 1\n')

/** A number for each entry; alone where all are the same. */
export type Column = number | readonly number[]

/** The header of cached facts. */
export interface FactsHeader {
  readonly key: string
  readonly tarBytes: number
  readonly heldBytes: number
  readonly hiddenBytes: boolean
  readonly paths: readonly string[]
  readonly links: readonly (readonly unknown[])[]
  /** Values in base64. */
  readonly xattrs: readonly (readonly unknown[])[]
  readonly kind: Column
  readonly mode: Column
  readonly uid: Column
  readonly gid: Column
  readonly mtime: Column
  readonly size: Column
  readonly deviceMajor: Column
  readonly deviceMinor: Column
  /** Bytes of header blocks. */
  readonly headers: Column
  /** Bytes between the end of the content before and the first header block. */
  readonly gaps: Column
  /** Position and length of each kept content, -1 for one beyond the limits. */
  readonly contents: readonly (readonly number[])[]
  /** By examiner: position, then nothing, or kind and value or message. */
  readonly examinations: readonly (readonly unknown[])[]
}

/** Kinds of entry by their number. */
export const kindsOfEntry: readonly LayerEntryKind[] = [
  'file',
  'directory',
  'symlink',
  'hardlink',
  'whiteout',
  'opaque',
  'ignored',
  'fifo',
  'character-device',
  'block-device',
]

/** Writes a column. */
export function packColumn(numbers: readonly number[]): Column {
  const [first] = numbers
  return first !== undefined && numbers.every((number) => number === first) ? first : numbers
}
