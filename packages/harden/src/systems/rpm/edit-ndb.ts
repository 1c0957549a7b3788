import type { RecordEdit } from './record-edit.ts'

const slotPageBytes = 4_096
const slotBytes = 16
const blockBytes = 16
const headBytes = 16
const tailBytes = 12

/**
 * Edits a `Packages.db` as rpm does (rpm, `lib/backend/ndb/rpmpkg.c`): the slot of a package and the blocks of its blob
 * become zeros, and the generation goes up, by which rpm sees that an index is older.
 *
 * @throws {SyntaxError} when blobs lie in each other.
 */
export function editNdb(database: Uint8Array, { remove, replace }: RecordEdit): Uint8Array {
  const file = Buffer.from(database)
  const slotsEnd = file.readUInt32LE(12) * slotPageBytes
  const blobs: { readonly start: number; readonly end: number }[] = []
  for (let slot = 2 * slotBytes; slot < slotsEnd; slot += slotBytes) {
    const id = file.readUInt32LE(slot + 4)
    if (id === 0) continue
    const start = file.readUInt32LE(slot + 8) * blockBytes
    const end = start + file.readUInt32LE(slot + 12) * blockBytes
    blobs.push({ start, end })
    const header = replace.get(id)
    if (remove.has(id)) {
      file.fill(0, slot + 4, slot + slotBytes)
      file.fill(0, start, end)
    } else if (header) {
      file.set(header, start + headBytes)
      file.writeUInt32LE(adler32(file.subarray(start, end - tailBytes)), end - tailBytes)
    }
  }
  blobs.sort((one, other) => one.start - other.start)
  if (blobs.some(({ start }, index) => index > 0 && start < blobs[index - 1]!.end)) {
    throw new SyntaxError('packages that lie in each other')
  }
  if (remove.size + replace.size > 0) file.writeUInt32LE((file.readUInt32LE(8) + 1) >>> 0, 8)
  return file
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
