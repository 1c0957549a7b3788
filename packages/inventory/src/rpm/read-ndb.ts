import { maxRpmHeaderBytes } from '../internal/limits.ts'
import type { PageReader } from './page-reader.ts'
import type { RpmRecord } from './rpm-database.ts'

const slotPageBytes = 4_096
const slotBytes = 16
const blockBytes = 16
const headBytes = 16
const tailBytes = 12
/** A million packages. */
const maxSlotPages = 4_096

const magics = {
  database: Buffer.from('RpmP'),
  slot: Buffer.from('Slot'),
  blob: Buffer.from('BlbS'),
  end: Buffer.from('BlbE'),
}

/** Whether this is the start of a `Packages.db`. */
export function isNdb(start: Uint8Array): boolean {
  return begins(start, magics.database)
}

/**
 * Reads rpm's own database format "ndb" (rpm, `lib/backend/ndb/rpmpkg.c`): pages of slots, each of which points to a
 * blob with a head, a checksum and a tail. Numbers are little-endian.
 *
 * @throws {SyntaxError} when the slots can't be read.
 */
export async function* readNdb(pages: PageReader, signal?: AbortSignal): AsyncGenerator<RpmRecord> {
  const head = toBuffer(await pages.read(0, 32))
  const slotPages = head.readUInt32LE(12)
  if (!isNdb(head) || head.readUInt32LE(4) !== 0) throw new SyntaxError('not a database of a known version')
  if (slotPages === 0 || slotPages > maxSlotPages) throw new SyntaxError(`${slotPages} pages of slots`)
  const slotsEnd = slotPages * slotPageBytes
  let taken = 0
  for (let offset = 2 * slotBytes; offset < slotsEnd; offset += slotBytes) {
    signal?.throwIfAborted()
    const slot = toBuffer(await pages.read(offset, slotBytes))
    if (!begins(slot, magics.slot)) throw new SyntaxError(`no slot at ${offset}`)
    const id = slot.readUInt32LE(4)
    if (id === 0) continue
    const start = slot.readUInt32LE(8) * blockBytes
    const length = slot.readUInt32LE(12) * blockBytes
    if (start < slotsEnd || start + length > pages.size || length < headBytes + tailBytes) {
      yield { problem: `the slot at ${offset} points to ${length} bytes at ${start}, outside the file` }
    } else if (length > maxRpmHeaderBytes) {
      yield { problem: `the slot at ${offset} points to a header of ${length} bytes` }
    } else {
      taken += length
      if (taken > pages.size) throw new SyntaxError('packages that lie in each other')
      yield parseBlob(toBuffer(await pages.read(start, length)), id, start)
    }
  }
}

function parseBlob(blob: Buffer, id: number, start: number): RpmRecord {
  const bytes = blob.readUInt32LE(12)
  const tail = blob.subarray(-tailBytes)
  if (!begins(blob, magics.blob) || !begins(tail.subarray(8), magics.end)) {
    return { problem: `no package at ${start}` }
  }
  if (blob.readUInt32LE(4) !== id) return { problem: `another package than ${id} at ${start}` }
  if (bytes > blob.byteLength - headBytes - tailBytes || tail.readUInt32LE(4) !== bytes) {
    return { problem: `the package at ${start} does not have ${bytes} bytes` }
  }
  if (adler32(blob.subarray(0, -tailBytes)) !== tail.readUInt32LE(0)) {
    return { problem: `the package at ${start} does not have its checksum` }
  }
  return { number: id, header: blob.subarray(headBytes, headBytes + bytes) }
}

/** RFC 1950, section 8.2. */
function adler32(bytes: Uint8Array): number {
  let low = 1
  let high = 0
  for (let at = 0; at < bytes.byteLength;) {
    // The most bytes before the sums leave 32 bits.
    const end = Math.min(at + 5_552, bytes.byteLength)
    for (; at < end; at++) {
      low += bytes[at]!
      high += low
    }
    low %= 65_521
    high %= 65_521
  }
  return high * 65_536 + low
}

const begins = (bytes: Uint8Array, magic: Buffer) => magic.equals(bytes.subarray(0, magic.byteLength))
const toBuffer = ({ buffer, byteOffset, byteLength }: Uint8Array) =>
  Buffer.from(buffer, byteOffset, byteLength)
