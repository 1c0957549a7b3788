/*
 * A block before compression: entries in the order of their keys, each as two lengths (LEB128) followed by key and
 * value. An index entry of 24 bytes leads to a block: offset within the table (double), stored length, length before
 * compression, CRC-32 of the stored bytes, and where its first key ends among the first keys that follow all entries.
 * A block whose two lengths are equal is stored as it is.
 */

/** Largest block before compression; an entry is never cut. */
export const maxBlockBytes: number = 64 * 1024 * 1024
export const indexEntryBytes = 24

/** Writes a length in the form of a block. */
export function encodeLength(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  while (rest >= 0x80) {
    bytes.push((rest & 0x7f) | 0x80)
    rest >>>= 7
  }
  bytes.push(rest)
  return bytes
}

/** A block's bytes, and for each entry where key and value start, and where the value ends. */
export interface DecodedBlock {
  readonly bytes: Buffer
  /** Three numbers for each entry. */
  readonly bounds: readonly number[]
}

/** Finds the entries of a block; `undefined` when the bytes are not entries from the first to the last. */
export function decodeBlock(bytes: Buffer): DecodedBlock | undefined {
  const bounds: number[] = []
  let position = 0
  const readLength = (): number => {
    let value = 0
    for (let shift = 0; shift < 28; shift += 7) {
      const byte = bytes[position++]
      if (byte === undefined) return -1
      value |= (byte & 0x7f) << shift
      if (byte < 0x80) return value
    }
    return -1
  }
  while (position < bytes.length) {
    const keyLength = readLength()
    const valueLength = readLength()
    const end = position + keyLength + valueLength
    if (keyLength < 0 || valueLength < 0 || end > bytes.length) return undefined
    bounds.push(position, position + keyLength, end)
    position = end
  }
  return { bytes, bounds }
}

/** The position of a key in a block, or -1. */
export function findInBlock({ bytes, bounds }: DecodedBlock, key: Buffer): number {
  let low = 0
  let high = bounds.length / 3 - 1
  while (low <= high) {
    const middle = (low + high) >>> 1
    const order = bytes.compare(key, 0, key.length, bounds[middle * 3], bounds[middle * 3 + 1])
    if (order === 0) return middle
    if (order < 0) low = middle + 1
    else high = middle - 1
  }
  return -1
}
