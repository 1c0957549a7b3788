import { blockBytes } from './encode-tar-header.ts'

/** A header block of a tar, as far as an archive of images needs it. */
export interface TarHeader {
  readonly name: string
  readonly linkName: string
  /** Bytes of content that follow the header. */
  readonly size: number
  /** Nothing follows, whatever size another header says. */
  readonly isHeaderOnly: boolean
  /** The type flag; `0` for regular files, however they are written. */
  readonly type: string
}

const headerOnly = new Set(['1', '2', '3', '4', '5', '6'])

/** Reads a header block; throws what `fail` makes. `undefined` for an empty block, which ends the tar. */
export function parseTarHeader(block: Buffer, fail: (reason: string) => Error): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined
  const claimed = parseNumber(block.subarray(148, 156))
  let sum = 0
  for (let at = 0; at < blockBytes; at++) sum += at >= 148 && at < 156 ? 0x20 : (block[at] ?? 0)
  if (claimed !== sum) throw fail('a header has a wrong checksum')
  const size = parseNumber(block.subarray(124, 136))
  if (size === undefined) throw fail('a header has no readable size')
  const flag = String.fromCharCode(block[156] ?? 0)
  const prefix = block.toString('latin1', 257, 263) === 'ustar\0' ? text(block.subarray(345, 500)) : ''
  const name = text(block.subarray(0, 100))
  const type = flag === '\0' || flag === '7' ? (name.endsWith('/') ? '5' : '0') : flag
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    linkName: text(block.subarray(157, 257)),
    size: headerOnly.has(type) ? 0 : size,
    isHeaderOnly: headerOnly.has(type),
    type,
  }
}

/** Reads the records of a pax header; throws what `fail` makes. */
export function parsePaxRecords(
  content: Buffer,
  fail: (reason: string) => Error,
): ReadonlyMap<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < content.byteLength;) {
    const space = content.indexOf(0x20, at)
    const digits = content.toString('latin1', at, space < 0 ? at : space)
    const length = /^[1-9][0-9]{0,9}$/.test(digits) ? Number(digits) : 0
    const equals = content.indexOf(0x3d, space)
    const end = at + length
    if (end > content.byteLength || equals < 0 || equals >= end || content[end - 1] !== 0x0a) {
      throw fail('a pax header is malformed')
    }
    records.set(content.toString('utf8', space + 1, equals), content.toString('utf8', equals + 1, end - 1))
    at = end
  }
  return records
}

/** Octal, or with the first bit set a big-endian number (GNU). */
function parseNumber(field: Buffer): number | undefined {
  if (field[0] === 0x80) {
    if (field.subarray(1, -6).some((byte) => byte !== 0)) return undefined
    return field.readUIntBE(field.byteLength - 6, 6)
  }
  const digits = field
    .toString('latin1')
    .replace(/^ +/, '')
    .replace(/[ \0].*$/s, '')
  if (digits === '') return 0
  return /^[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : undefined
}

function text(field: Buffer): string {
  const end = field.indexOf(0)
  return field.toString('utf8', 0, end < 0 ? field.byteLength : end)
}
