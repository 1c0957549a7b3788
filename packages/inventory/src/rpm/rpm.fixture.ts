import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { FileContent } from '../files/image-files.ts'

/** An entry of a header: numbers of 2 or 4 bytes, one text, or a list of texts. */
export type Entry =
  | { readonly int16: readonly number[] }
  | { readonly int32: readonly number[] }
  | string
  | readonly string[]

/** A header as rpm stores it, with the mark of a region in front. */
export function headerOf(entries: Readonly<Record<number, Entry>>): Buffer {
  const parts: Buffer[] = []
  let offset = 0
  const append = (bytes: Buffer) => {
    parts.push(bytes)
    offset += bytes.byteLength
  }
  const index = Object.entries(entries).map(([tag, entry]) => {
    const [type, count, data, align] = encodeEntry(entry)
    append(Buffer.alloc((align - (offset % align)) % align))
    const start = offset
    append(data)
    return [Number(tag), type, start, count]
  })
  const trailer = [63, 7, -16 * (index.length + 1), 16]
  index.unshift([63, 7, offset, 16])
  append(Buffer.concat(trailer.map(int32)))
  return Buffer.concat([int32(index.length), int32(offset), ...index.flat().map(int32), ...parts])
}

function encodeEntry(entry: Entry): [type: number, count: number, data: Buffer, align: number] {
  if (typeof entry === 'string') return [6, 1, Buffer.from(`${entry}\0`), 1]
  if ('int16' in entry) {
    const data = Buffer.alloc(entry.int16.length * 2)
    entry.int16.forEach((value, at) => data.writeUInt16BE(value, at * 2))
    return [3, entry.int16.length, data, 2]
  }
  if ('int32' in entry) return [4, entry.int32.length, Buffer.concat(entry.int32.map(int32)), 4]
  return [8, entry.length, Buffer.from(entry.map((text) => `${text}\0`).join('')), 1]
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value | 0)
  return bytes
}

/** A small package; further entries by tag. */
export function packageHeader(name: string, more: Readonly<Record<number, Entry>> = {}): Buffer {
  return headerOf({ 1000: name, 1001: '1.0', 1002: '2.el9', 1022: 'x86_64', ...more })
}

/** A `Packages` of Berkeley DB: one page of pairs, and a chain of overflow pages for each header. */
export function berkeleyDb(
  headers: readonly Buffer[],
  { pageBytes = 512, littleEndian = true }: { pageBytes?: number; littleEndian?: boolean } = {},
): Buffer {
  const room = pageBytes - 26
  const chains = headers.map((header) => Math.max(1, Math.ceil(header.byteLength / room)))
  const pageCount = 2 + chains.reduce((sum, count) => sum + count, 0)
  const file = Buffer.alloc(pageCount * pageBytes)
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength)
  view.setUint32(12, 0x061561, littleEndian)
  view.setUint32(16, 9, littleEndian)
  view.setUint32(20, pageBytes, littleEndian)
  file[25] = 8
  view.setUint32(32, pageCount - 1, littleEndian)
  const pairs = pageBytes
  file[pairs + 25] = 13
  view.setUint16(pairs + 20, headers.length * 2 + 2, littleEndian)
  let end = pageBytes
  let slot = pairs + 26
  const addItem = (bytes: Buffer) => {
    end -= bytes.byteLength
    bytes.copy(file, pairs + end)
    view.setUint16(slot, end, littleEndian)
    slot += 2
  }
  addItem(Buffer.from([1, 0, 0, 0, 0]))
  addItem(Buffer.from([1, headers.length, 0, 0, 0]))
  let next = 2
  headers.forEach((header, index) => {
    addItem(Buffer.from([1, index + 1, 0, 0, 0]))
    const item = Buffer.alloc(12)
    const itemView = new DataView(item.buffer, item.byteOffset, 12)
    item[0] = 3
    itemView.setUint32(4, next, littleEndian)
    itemView.setUint32(8, header.byteLength, littleEndian)
    addItem(item)
    for (let part = 0; part < chains[index]!; part++) {
      const page = next * pageBytes
      const bytes = header.subarray(part * room, (part + 1) * room)
      bytes.copy(file, page + 26)
      file[page + 25] = 7
      view.setUint16(page + 22, bytes.byteLength, littleEndian)
      view.setUint32(page + 16, part + 1 < chains[index]! ? next + 1 : 0, littleEndian)
      next++
    }
  })
  return file
}

/** A `Packages.db` in rpm's own format. */
export function ndb(headers: readonly Buffer[]): Buffer {
  const slots = Buffer.alloc(4_096)
  slots.write('RpmP')
  slots.writeUInt32LE(1, 12)
  for (let at = 32; at < 4_096; at += 16) slots.write('Slot', at)
  const blobs: Buffer[] = []
  let offset = 4_096
  headers.forEach((header, index) => {
    const length = Math.ceil((16 + header.byteLength + 12) / 16) * 16
    const blob = Buffer.alloc(length)
    blob.write('BlbS')
    blob.writeUInt32LE(index + 1, 4)
    blob.writeUInt32LE(header.byteLength, 12)
    header.copy(blob, 16)
    blob.writeUInt32LE(adler32(blob.subarray(0, -12)), length - 12)
    blob.writeUInt32LE(header.byteLength, length - 8)
    blob.write('BlbE', length - 4)
    const slot = 32 + index * 16
    slots.writeUInt32LE(index + 1, slot + 4)
    slots.writeUInt32LE(offset / 16, slot + 8)
    slots.writeUInt32LE(length / 16, slot + 12)
    blobs.push(blob)
    offset += length
  })
  return Buffer.concat([slots, ...blobs])
}

function adler32(bytes: Buffer): number {
  let low = 1
  let high = 0
  for (const byte of bytes) {
    low = (low + byte) % 65_521
    high = (high + low) % 65_521
  }
  return high * 65_536 + low
}

export const createPackages =
  "CREATE TABLE IF NOT EXISTS 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)"

/** An `rpmdb.sqlite`; another schema to attack with. */
export function sqliteDb(
  headers: readonly Uint8Array[],
  schema: readonly string[] = [createPackages],
): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  try {
    const path = join(folder, 'rpmdb.sqlite')
    const database = new DatabaseSync(path)
    for (const statement of schema) database.exec(statement)
    if (headers.length > 0) {
      const insert = database.prepare('INSERT INTO Packages (blob) VALUES (?)')
      for (const header of headers) insert.run(header)
    }
    database.close()
    return readFileSync(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** Bytes as the content of a file. */
export function contentOf(bytes: Uint8Array): FileContent {
  return {
    size: bytes.byteLength,
    read: async (offset, length) => bytes.subarray(offset, offset + length),
  }
}
