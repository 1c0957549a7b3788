import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** What a header of a test says; `files` are installed regular files. */
export interface SampleHeader {
  readonly version?: string | undefined
  readonly requires?: readonly (readonly [name: string, flags?: number, version?: string])[] | undefined
  readonly provides?: readonly (readonly [name: string, flags?: number, version?: string])[] | undefined
  readonly files?: readonly string[] | undefined
  /** `RPMFILE_*` by path. */
  readonly fileFlags?: Readonly<Record<string, number>> | undefined
  /** SHA-256 in hexadecimal, by path. */
  readonly digests?: Readonly<Record<string, string>> | undefined
  /** Bytes that make the header larger. */
  readonly padding?: number | undefined
}

type Entry = readonly [tag: number, type: number, count: number, data: Buffer]

/** A header as rpm stores it: an immutable region, and after it what rpm noted when it installed the package. */
export function headerOf(name: string, sample: SampleHeader = {}): Buffer {
  const {
    version = '1',
    requires = [],
    provides = [],
    files = [],
    fileFlags = {},
    digests,
    padding = 0,
  } = sample
  const entries: Entry[] = [
    text(1000, name),
    text(1001, version),
    text(1002, '1'),
    text(1022, 'x86_64'),
    ...(padding > 0 ? [text(1005, 'x'.repeat(padding))] : []),
  ]
  if (requires.length > 0) {
    entries.push(
      numbers(
        1048,
        requires.map(([, flags = 0]) => flags),
      ),
      texts(
        1049,
        requires.map(([needed]) => needed),
      ),
      texts(
        1050,
        requires.map(([, , wanted = '']) => wanted),
      ),
    )
  }
  if (provides.length > 0) {
    entries.push(
      texts(
        1047,
        provides.map(([provided]) => provided),
      ),
      numbers(
        1112,
        provides.map(([, flags = 0]) => flags),
      ),
      texts(
        1113,
        provides.map(([, , has = '']) => has),
      ),
    )
  }
  const dribble: Entry[] = []
  if (files.length > 0) {
    const folders = [...new Set(files.map(folderOf))]
    entries.push(
      numbers(
        1037,
        files.map((path) => fileFlags[path] ?? 0),
      ),
      numbers(
        1116,
        files.map((path) => folders.indexOf(folderOf(path))),
      ),
      texts(
        1117,
        files.map((path) => path.slice(folderOf(path).length)),
      ),
      texts(1118, folders),
    )
    if (digests)
      entries.push(
        numbers(5011, [8]),
        texts(
          1035,
          files.map((path) => digests[path] ?? ''),
        ),
      )
    dribble.push([1029, 1, files.length, Buffer.alloc(files.length)])
  }
  return encodeHeader(entries, dribble)
}

const folderOf = (path: string) => path.slice(0, path.lastIndexOf('/') + 1)
const text = (tag: number, value: string): Entry => [tag, 6, 1, Buffer.from(`${value}\0`)]
const texts = (tag: number, values: readonly string[]): Entry => [
  tag,
  8,
  values.length,
  Buffer.from(values.map((value) => `${value}\0`).join('')),
]
const numbers = (tag: number, values: readonly number[]): Entry => [
  tag,
  4,
  values.length,
  Buffer.concat(values.map(int32)),
]

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value | 0)
  return bytes
}

function encodeHeader(entries: readonly Entry[], dribble: readonly Entry[]): Buffer {
  const parts: Buffer[] = []
  let offset = 0
  const append = (bytes: Buffer, align = 1) => {
    const gap = Buffer.alloc((align - (offset % align)) % align)
    parts.push(gap, bytes)
    offset += gap.byteLength + bytes.byteLength
    return offset - bytes.byteLength
  }
  const encode = ([tag, type, count, data]: Entry) => [tag, type, append(data, type === 4 ? 4 : 1), count]
  const index = entries.map(encode)
  const trailer = [63, 7, -16 * (index.length + 1), 16]
  index.unshift([63, 7, append(Buffer.concat(trailer.map(int32))), 16])
  index.push(...dribble.map(encode))
  return Buffer.concat([int32(index.length), int32(offset), ...index.flat().map(int32), ...parts])
}

const indexTable = (name: string) =>
  `CREATE TABLE '${name}' (key 'TEXT' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL, FOREIGN KEY (hnum) REFERENCES 'Packages'(hnum))`

/** What rpm makes of a new `rpmdb.sqlite`, with two of its indexes. */
export const sqliteSchema: readonly string[] = [
  `CREATE TABLE 'Packages' (hnum INTEGER PRIMARY KEY AUTOINCREMENT,blob BLOB NOT NULL)`,
  indexTable('Name'),
  `CREATE INDEX 'Name_key_idx' ON 'Name'(key ASC)`,
  indexTable('Basenames'),
  `CREATE INDEX 'Basenames_key_idx' ON 'Basenames'(key ASC)`,
  `CREATE INDEX 'Basenames_hnum_idx' ON 'Basenames'(hnum ASC)`,
]

/** An `rpmdb.sqlite`; in the index, each package stands under `name-<number>`. */
export function sqliteDb(
  headers: readonly Uint8Array[],
  { schema = sqliteSchema, ahead = true }: { schema?: readonly string[]; ahead?: boolean } = {},
): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'sallyport-test-'))
  try {
    const path = join(folder, 'rpmdb.sqlite')
    const database = new DatabaseSync(path)
    for (const statement of schema) database.exec(statement)
    headers.forEach((header, at) => {
      database.prepare(`INSERT INTO Packages (hnum, blob) VALUES (?, ?)`).run(at + 1, header)
      for (const table of ['Name', 'Basenames'])
        database.prepare(`INSERT INTO ${table} VALUES (?, ?, 0)`).run(`name-${at + 1}`, at + 1)
    })
    if (ahead) database.exec('PRAGMA journal_mode = WAL')
    database.close()
    return readFileSync(path)
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** A `Packages.db` in rpm's own format. */
export function ndb(headers: readonly Uint8Array[]): Buffer {
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
    blob.set(header, 16)
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

const pageBytes = 512

/**
 * A `Packages` of Berkeley DB with one bucket: a chain of pages of pairs, six packages on each, whose headers lie in
 * chains of overflow pages.
 */
export function berkeleyDb(
  headers: readonly Uint8Array[],
  { littleEndian = true }: { littleEndian?: boolean } = {},
): Buffer {
  const room = pageBytes - 26
  const pages: Buffer[] = [Buffer.alloc(pageBytes)]
  const view = (page: Buffer) => new DataView(page.buffer, page.byteOffset, page.byteLength)
  const addPage = (kind: number): [Buffer, DataView] => {
    const page = Buffer.alloc(pageBytes)
    page[25] = kind
    view(page).setUint32(8, pages.push(page) - 1, littleEndian)
    return [page, view(page)]
  }
  const number = (value: number) => {
    const bytes = Buffer.alloc(4)
    view(bytes).setUint32(0, value, littleEndian)
    return bytes
  }
  const groups = Array.from({ length: Math.max(1, Math.ceil(headers.length / 6)) }, (_, at) => at)
  const buckets = groups.map(() => addPage(13))
  for (const [at, [bucket, bucketView]] of buckets.entries()) {
    if (at > 0) bucketView.setUint32(12, at, littleEndian)
    if (at + 1 < buckets.length) bucketView.setUint32(16, at + 2, littleEndian)
    const items = at === 0 ? [number(0), number(headers.length)].map((value) => [Buffer.of(1), value]) : []
    for (const [index, header] of headers.slice(at * 6, at * 6 + 6).entries()) {
      const first = pages.length
      for (let start = 0; start < header.byteLength; start += room) {
        const part = header.subarray(start, start + room)
        const [page, partView] = addPage(7)
        page.set(part, 26)
        partView.setUint16(20, 1, littleEndian)
        partView.setUint16(22, part.byteLength, littleEndian)
        if (start + room < header.byteLength) partView.setUint32(16, pages.length, littleEndian)
      }
      items.push([Buffer.of(1), number(at * 6 + index + 1)])
      items.push([Buffer.of(3, 0, 0, 0), number(first), number(header.byteLength)])
    }
    let end = pageBytes
    for (const [index, item] of items.map((parts) => Buffer.concat(parts)).entries()) {
      end -= item.byteLength
      bucket.set(item, end)
      bucketView.setUint16(26 + index * 2, end, littleEndian)
    }
    bucketView.setUint16(20, items.length, littleEndian)
    bucketView.setUint16(22, end, littleEndian)
  }
  const meta = view(pages[0]!)
  pages[0]![25] = 8
  for (const [at, value] of [
    [12, 0x061561],
    [16, 9],
    [20, pageBytes],
    [32, pages.length - 1],
    [88, headers.length + 1],
  ] as const) {
    meta.setUint32(at, value, littleEndian)
  }
  return Buffer.concat(pages)
}
