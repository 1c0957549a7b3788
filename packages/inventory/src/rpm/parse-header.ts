import { decodeName } from '@sallyport/image'
import { maxRpmElements, maxRpmHeaderBytes } from '../internal/limits.ts'

/** The entries of one header, by tag. */
export interface RpmTags {
  /**
   * A string, the first one of an array; `undefined` where the tag is missing.
   *
   * @throws {SyntaxError} when the tag has another type; likewise below.
   */
  text(tag: number): string | undefined
  /** All strings of an array; none where the tag is missing. */
  texts(tag: number): readonly string[]
  /** All numbers, whatever their width; none where the tag is missing. */
  numbers(tag: number): readonly number[]
}

/** Types of entries, and the bytes of one element; 0 where a zero byte ends each (rpm, `rpmtag.h` and `header.c`). */
const elementBytes = new Map([
  [1, 1],
  [2, 1],
  [3, 2],
  [4, 4],
  [5, 8],
  [6, 0],
  [7, 1],
  [8, 0],
  [9, 0],
])
const types = { char: 1, int8: 2, int16: 3, int32: 4, text: 6, texts: 8, translated: 9 }
/** Below lie marks of regions, whose offsets lead elsewhere. */
const firstTag = 100
const maxEntries = 65_535
const entryBytes = 16

interface Entry {
  readonly type: number
  readonly start: number
  readonly count: number
}

/**
 * Reads the header of an installed package as it lies in a database: two numbers, an index of entries, and the data
 * that they point into; all big-endian. Of two entries with one tag the later counts, as rpm adds changes at the end.
 *
 * @throws {SyntaxError} when a number, type, offset or count is not what the rest allows.
 */
export function parseRpmHeader(blob: Uint8Array): RpmTags {
  const bytes = Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength)
  if (bytes.byteLength < 8) throw new SyntaxError('a header that is cut')
  if (bytes.byteLength > maxRpmHeaderBytes) throw new SyntaxError(`a header of ${bytes.byteLength} bytes`)
  const entryCount = bytes.readUInt32BE(0)
  const dataBytes = bytes.readUInt32BE(4)
  if (entryCount === 0 || entryCount > maxEntries) throw new SyntaxError(`a header of ${entryCount} entries`)
  const dataStart = 8 + entryCount * entryBytes
  if (dataStart + dataBytes !== bytes.byteLength) {
    throw new SyntaxError(`a header of ${bytes.byteLength} bytes that claims ${dataStart + dataBytes}`)
  }
  const data = bytes.subarray(dataStart)
  const entries = new Map<number, Entry>()
  for (let at = 8; at < dataStart; at += entryBytes) {
    const tag = bytes.readInt32BE(at)
    if (tag < firstTag) continue
    const entry = {
      type: bytes.readUInt32BE(at + 4),
      start: bytes.readUInt32BE(at + 8),
      count: bytes.readUInt32BE(at + 12),
    }
    checkEntry(entry, tag, data.byteLength)
    entries.set(tag, entry)
  }
  return readTags(data, entries)
}

function checkEntry({ type, start, count }: Entry, tag: number, dataBytes: number): void {
  const size = elementBytes.get(type)
  // A text of no bytes still has its end: each element takes at least one byte.
  const least = count * Math.max(size ?? 0, 1)
  const aligned = type < 3 || type > 5 || start % (size ?? 1) === 0
  if (size === undefined || count === 0 || (type === types.text && count !== 1) || !aligned) {
    throw new SyntaxError(`tag ${tag} of type ${type} with ${count} elements at ${start}`)
  }
  if (start + least > dataBytes) throw new SyntaxError(`tag ${tag} lies outside the header`)
}

function readTags(data: Buffer, entries: ReadonlyMap<number, Entry>): RpmTags {
  const find = (tag: number, ...allowed: readonly number[]): Entry | undefined => {
    const entry = entries.get(tag)
    if (entry && !allowed.includes(entry.type)) throw new SyntaxError(`tag ${tag} of type ${entry.type}`)
    if (entry && entry.count > maxRpmElements) {
      throw new SyntaxError(`tag ${tag} with ${entry.count} elements, more than ${maxRpmElements}`)
    }
    return entry
  }
  const readTexts = (tag: number, { start, count }: Entry): string[] => {
    const texts: string[] = []
    let at = start
    while (texts.length < count) {
      const end = data.indexOf(0, at)
      if (end < 0) throw new SyntaxError(`tag ${tag} does not end inside the header`)
      texts.push(decodeName(data.subarray(at, end)))
      at = end + 1
    }
    return texts
  }
  return {
    text(tag) {
      const entry = find(tag, types.text, types.translated)
      return entry && readTexts(tag, { ...entry, count: 1 })[0]
    },
    texts(tag) {
      // One file name alone is written as a text by old versions.
      const entry = find(tag, types.texts, types.text)
      return entry ? readTexts(tag, entry) : []
    },
    numbers(tag) {
      const entry = find(tag, types.int32, types.int16, types.int8, types.char)
      if (!entry) return []
      const { type, start, count } = entry
      const size = elementBytes.get(type)!
      return Array.from({ length: count }, (_, index) => data.readUIntBE(start + index * size, size))
    },
  }
}
