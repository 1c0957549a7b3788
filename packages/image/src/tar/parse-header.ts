import { ImageError } from '../errors.ts'
import { parseTarNumber } from './parse-number.ts'
import { blockSize } from './tar-header.ts'

/** The fields of one 512-byte header block, extensions not applied. */
export interface HeaderBlock {
  readonly typeFlag: string
  readonly name: Uint8Array
  readonly linkName: Uint8Array
  readonly userName: Uint8Array
  readonly groupName: Uint8Array
  readonly mode: number
  readonly uid: number
  readonly gid: number
  readonly size: number
  readonly mtime: number
  readonly deviceMajor: number
  readonly deviceMinor: number
}

/**
 * Reads one header block: v7, ustar, GNU or star.
 *
 * @throws {ImageError} `TAR_INVALID` when the checksum or a number is wrong.
 */
export function parseHeaderBlock(block: Uint8Array, offset: number): HeaderBlock {
  verifyChecksum(block, offset)
  const number = (start: number, length: number, name: string) =>
    parseTarNumber(block.subarray(start, start + length), name, offset)
  const magic = Buffer.from(block.buffer, block.byteOffset + 257, 8).toString('latin1')
  const extended = magic.startsWith('ustar')
  const size = number(124, 12, 'size')
  if (size < 0) throw new ImageError('TAR_INVALID', `tar header at byte ${offset}: negative size`, { offset })
  return {
    typeFlag: String.fromCharCode(block[156] ?? 0),
    name: joinPrefix(prefixOf(block, magic, offset), text(block, 0, 100)),
    linkName: text(block, 157, 100),
    userName: extended ? text(block, 265, 32) : new Uint8Array(),
    groupName: extended ? text(block, 297, 32) : new Uint8Array(),
    mode: number(100, 8, 'mode'),
    uid: number(108, 8, 'uid'),
    gid: number(116, 8, 'gid'),
    size,
    mtime: number(136, 12, 'mtime'),
    deviceMajor: extended ? number(329, 8, 'device major') : 0,
    deviceMinor: extended ? number(337, 8, 'device minor') : 0,
  }
}

const zeros = Buffer.alloc(8 * blockSize)

/** Whether a block holds nothing but zeros. */
export function isZeroBlock(block: Uint8Array): boolean {
  // Headers end here at their first byte; what is zero is compared in large steps.
  if (block.length > 0 && block[0] !== 0) return false
  for (let start = 0; start < block.length; start += zeros.length) {
    const end = Math.min(block.length, start + zeros.length)
    if (zeros.compare(block, start, end, 0, end - start) !== 0) return false
  }
  return true
}

function verifyChecksum(block: Uint8Array, offset: number): void {
  const stored = parseTarNumber(block.subarray(148, 156), 'checksum', offset)
  // Some old writers summed signed bytes; every common reader accepts both.
  if (
    stored !== sumBytes(block) &&
    stored !== sumBytes(new Int8Array(block.buffer, block.byteOffset, blockSize))
  ) {
    throw new ImageError('TAR_INVALID', `tar header at byte ${offset}: wrong checksum`, { offset })
  }
}

/** The sum of a header's bytes, its checksum field taken as blanks. */
function sumBytes(block: Uint8Array | Int8Array): number {
  let sum = 8 * 0x20
  for (let position = 0; position < 148; position += 1) sum += block[position]!
  for (let position = 156; position < blockSize; position += 1) sum += block[position]!
  return sum
}

function text(block: Uint8Array, start: number, length: number): Uint8Array {
  const field = block.subarray(start, start + length)
  const end = field.indexOf(0)
  return Uint8Array.prototype.slice.call(end === -1 ? field : field.subarray(0, end))
}

function prefixOf(block: Uint8Array, magic: string, offset: number): Uint8Array {
  if (magic === 'ustar  \0') {
    if (looksLikeGnuTimes(block)) return new Uint8Array()
    const prefix = text(block, 345, 155)
    if (prefix.every((byte) => byte < 0x80)) return prefix
    // Runtimes take only ASCII for that writer's prefix.
    throw new ImageError('TAR_INVALID', `tar header at byte ${offset}: neither times nor a prefix`, {
      offset,
    })
  }
  if (!magic.startsWith('ustar\0')) return new Uint8Array()
  const star = Buffer.from(block.buffer, block.byteOffset + 508, 4).toString('latin1') === 'tar\0'
  return text(block, 345, star ? 131 : 155)
}

/**
 * GNU headers have times where ustar has the prefix, but an old and widespread writer put a prefix under the GNU
 * magic; container runtimes read that, so it must be read here alike.
 */
function looksLikeGnuTimes(block: Uint8Array): boolean {
  return [345, 357].every((start) => {
    if (block[start] === 0) return true
    try {
      parseTarNumber(block.subarray(start, start + 12), 'time', 0)
      return true
    } catch {
      return false
    }
  })
}

function joinPrefix(prefix: Uint8Array, name: Uint8Array): Uint8Array {
  return prefix.length === 0 ? name : Buffer.concat([prefix, Buffer.from('/'), name])
}
