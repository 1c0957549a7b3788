import { crc32 } from 'node:zlib'
import { type Digest, isDigest } from '@sallyport/core'
import { z } from 'zod'
import type { DatabaseFile } from './database-file.ts'

/*
 * The file: 16 bytes of head (magic, version), the tables one after another, the meta data (JSON), and 32 bytes of
 * trail that say where the meta data are. Numbers are little-endian. Each byte lies under a CRC-32, so nothing can
 * change unnoticed; who must know that it is the right file compares the digest of the whole.
 */

/** No text, as in PNG: a transfer that changes line ends, or cuts the eighth bit, shows at once. */
const magic = Buffer.from('\x89SADB\r\n\x1a', 'latin1')
const version = 1
const headBytes = 16
const trailBytes = 32
const maxMetaBytes = 16 * 1024 * 1024

/** The tables of a database, in the order in which they stand in the file. */
export const tableNames = ['records', 'packages', 'ecosystems', 'aliases', 'kev', 'epss'] as const
export type TableName = (typeof tableNames)[number]

const count = z.int().min(0)
const time = z.iso.datetime({ offset: true })
const digest = z.custom<Digest>(isDigest)

const table = z.object({
  entries: count,
  blocks: count,
  /** Where its first block starts; blocks follow each other without a gap, the index follows the last. */
  offset: count,
  bytes: count,
  indexBytes: count,
  indexCrc: count,
})

const source = z.object({
  name: z.string().min(1).max(256),
  updatedAt: time.optional(),
  records: count,
  withdrawn: count,
  digest,
})

const feed = z.object({ updatedAt: time, version: z.string().max(64) })

const metaSchema = z.object({
  builtAt: time,
  updatedAt: time.optional(),
  digest,
  size: count,
  withdrawn: count,
  entries: count,
  /** What the names of packages were normalised with. */
  names: z.string().max(64),
  sources: z.array(source).min(1).max(10_000),
  kev: feed.optional(),
  epss: feed.optional(),
  tables: z.object({
    records: table,
    packages: table,
    ecosystems: table,
    aliases: table,
    kev: table.optional(),
    epss: table.optional(),
  }),
})

/** What a database says of itself. */
export type DatabaseMeta = z.infer<typeof metaSchema>
/** What a database was made of. */
export type DatabaseSource = z.infer<typeof source>
/** Where a table is. */
export type TableExtent = z.infer<typeof table>

/** The first bytes of the file. */
export function encodeHead(): Buffer {
  const head = Buffer.alloc(headBytes)
  magic.copy(head)
  head.writeUInt32LE(version, magic.length)
  return head
}

/** The last bytes of the file: meta data, which start at `offset`, and trail. */
export function encodeMeta(meta: DatabaseMeta, offset: number): Buffer {
  const json = Buffer.from(JSON.stringify(meta))
  const trail = Buffer.alloc(trailBytes)
  trail.writeDoubleLE(offset, 0)
  trail.writeUInt32LE(json.length, 8)
  trail.writeUInt32LE(crc32(json), 12)
  trail.writeUInt32LE(crc32(trail.subarray(0, 16)), 16)
  magic.copy(trail, trailBytes - magic.length)
  return Buffer.concat([json, trail])
}

/**
 * Reads what a database says of itself, and checks that its parts fill the file without a gap.
 *
 * @throws {ScanError} `DATABASE_INVALID` for anything else.
 */
export function readMeta(file: DatabaseFile): DatabaseMeta {
  if (file.size < headBytes + trailBytes) throw file.invalid('head at byte 0', 'too short to be a database')
  const head = file.read(0, headBytes, 'head')
  if (!head.subarray(0, magic.length).equals(magic)) {
    throw file.invalid('head at byte 0', 'no advisory database')
  }
  const found = head.readUInt32LE(magic.length)
  if (found !== version || head.readUInt32LE(magic.length + 4) !== 0) {
    throw file.invalid('head at byte 8', `format version ${found}, this release reads ${version}`)
  }
  const end = file.size - trailBytes
  const trail = file.read(end, trailBytes, 'trail')
  if (
    crc32(trail.subarray(0, 16)) !== trail.readUInt32LE(16) ||
    trail.readUInt32LE(20) !== 0 ||
    !trail.subarray(24).equals(magic)
  ) {
    throw file.invalid(`trail at byte ${end}`, 'the file is cut short or damaged')
  }
  const offset = trail.readDoubleLE(0)
  const length = trail.readUInt32LE(8)
  if (length > maxMetaBytes || offset + length !== end) {
    throw file.invalid(`trail at byte ${end}`, 'the meta data do not end where the trail begins')
  }
  const bytes = file.read(offset, length, 'meta data')
  if (crc32(bytes) !== trail.readUInt32LE(12)) {
    throw file.invalid(`meta data at byte ${offset}`, 'the checksum differs')
  }
  const meta = parseMeta(bytes, file, offset)
  checkExtents(meta, file, offset)
  return meta
}

function parseMeta(bytes: Buffer, file: DatabaseFile, offset: number): DatabaseMeta {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch (cause) {
    throw file.invalid(`meta data at byte ${offset}`, 'not JSON', cause)
  }
  const result = metaSchema.safeParse(value)
  if (result.success) return result.data
  const problem = z.prettifyError(result.error).slice(0, 200)
  throw file.invalid(`meta data at byte ${offset}`, problem, result.error)
}

function checkExtents({ tables }: DatabaseMeta, file: DatabaseFile, end: number): void {
  let next = headBytes
  for (const name of tableNames) {
    const extent = tables[name]
    if (extent === undefined) continue
    if (extent.offset !== next) {
      throw file.invalid(`table ${name} at byte ${extent.offset}`, `expected at byte ${next}`)
    }
    next += extent.bytes + extent.indexBytes
  }
  if (next !== end) throw file.invalid(`meta data at byte ${end}`, `expected at byte ${next}`)
}
