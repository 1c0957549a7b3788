import { addXattrRecords } from './extended-attributes.ts'
import { encodeName } from './name-bytes.ts'
import { blockSize, paddedSize, type TarEntryType, type TarHeader, xattrPrefix } from './tar-header.ts'

/** What {@link encodeTarHeader} needs; all but type and path have defaults (0, none). */
export type TarHeaderInput = Pick<TarHeader, 'type' | 'path'> & Partial<Omit<TarHeader, 'type' | 'path'>>

const flags: Readonly<Record<TarEntryType, string>> = {
  file: '0',
  hardlink: '1',
  symlink: '2',
  'character-device': '3',
  'block-device': '4',
  directory: '5',
  fifo: '6',
}

/** Keywords that follow from the header's own fields. */
const derived = new Set(['path', 'linkpath', 'size', 'uid', 'gid', 'uname', 'gname'])

/**
 * Writes the header blocks of an entry: one ustar block, and a PAX header before it when something does not fit.
 * The same input gives the same bytes. PAX records given in `pax` are kept as they are; those that follow from
 * other fields are made anew.
 */
export function encodeTarHeader(header: TarHeaderInput): Uint8Array {
  const path = encodeName(header.path)
  const records = new Map<string, Uint8Array>()
  for (const [keyword, value] of header.pax ?? []) {
    if (!derived.has(keyword) && !keyword.startsWith(xattrPrefix)) records.set(keyword, value)
  }
  addXattrRecords(records, header.xattrs ?? new Map(), header.pax ?? new Map())
  const block = ustarBlock(header, path, records)
  if (records.size === 0) return block
  const body = encodePaxRecords(records)
  const paxBlock = ustarBlock(
    { type: 'file', path: '', size: body.length, mode: 0o644 },
    paxName(path),
    new Map(),
  )
  paxBlock[156] = 'x'.charCodeAt(0)
  writeChecksum(paxBlock)
  return Buffer.concat([paxBlock, body, Buffer.alloc(paddedSize(body.length) - body.length), block])
}

function ustarBlock(header: TarHeaderInput, path: Uint8Array, records: Map<string, Uint8Array>): Buffer {
  const block = Buffer.alloc(blockSize)
  writePath(block, path, records)
  writeText(block, encodeName(header.linkPath ?? ''), 157, 100, 'linkpath', records)
  block.write(`${((header.mode ?? 0) & 0o7777).toString(8).padStart(7, '0')}\0`, 100, 'latin1')
  writeNumber(block, header.uid ?? 0, 108, 8, 'uid', records)
  writeNumber(block, header.gid ?? 0, 116, 8, 'gid', records)
  writeNumber(block, header.size ?? 0, 124, 12, 'size', records)
  writeTime(block, header.mtime ?? 0, records)
  block.write(flags[header.type], 156, 'latin1')
  block.write('ustar\x0000', 257, 'latin1')
  writeText(block, encodeName(header.userName ?? ''), 265, 32, 'uname', records)
  writeText(block, encodeName(header.groupName ?? ''), 297, 32, 'gname', records)
  writeDevice(block, header.deviceMajor ?? 0, 329)
  writeDevice(block, header.deviceMinor ?? 0, 337)
  writeChecksum(block)
  return block
}

function writePath(block: Buffer, path: Uint8Array, records: Map<string, Uint8Array>): void {
  if (path.length <= 100) {
    block.set(path, 0)
    return
  }
  const split = prefixSplit(path)
  if (split !== undefined) {
    block.set(path.subarray(0, split), 345)
    block.set(path.subarray(split + 1), 0)
    return
  }
  records.set('path', path)
  block.set(path.subarray(0, 100), 0)
}

/** Position of a slash that parts the path into a prefix of at most 155 and a name of at most 100 bytes. */
function prefixSplit(path: Uint8Array): number | undefined {
  if (path.length > 256) return undefined
  for (
    let position = Math.max(1, path.length - 101);
    position <= 155 && position < path.length - 1;
    position += 1
  ) {
    if (path[position] === 0x2f) return position
  }
  return undefined
}

function writeText(
  block: Buffer,
  text: Uint8Array,
  start: number,
  length: number,
  keyword: string,
  records: Map<string, Uint8Array>,
): void {
  if (text.length > length) records.set(keyword, text)
  block.set(text.subarray(0, length), start)
}

function writeNumber(
  block: Buffer,
  value: number,
  start: number,
  length: number,
  keyword: string,
  records: Map<string, Uint8Array>,
): void {
  const fits = Number.isInteger(value) && value >= 0 && value < 8 ** (length - 1)
  if (!fits) records.set(keyword, Buffer.from(String(value), 'latin1'))
  block.write(`${(fits ? value : 0).toString(8).padStart(length - 1, '0')}\0`, start, 'latin1')
}

function writeTime(block: Buffer, mtime: number, records: Map<string, Uint8Array>): void {
  const whole = Math.floor(mtime)
  // A record that says this very time is kept: it may have more digits than a number holds.
  const given = records.get('mtime')
  if (given !== undefined && Number(Buffer.from(given).toString('latin1')) === mtime) {
    block.write(`${Math.max(0, whole).toString(8).padStart(11, '0')}\0`, 136, 'latin1')
    return
  }
  records.delete('mtime')
  if (whole !== mtime) records.set('mtime', Buffer.from(decimalText(mtime), 'latin1'))
  writeNumber(block, whole, 136, 12, 'mtime', whole === mtime ? records : new Map())
}

/** Decimal text that reads back as the same number, never in exponent form. */
function decimalText(value: number): string {
  const [text = '', zeros] = String(value).split('e-')
  if (zeros === undefined) return text
  return `${value < 0 ? '-' : ''}0.${'0'.repeat(Number(zeros) - 1)}${text.replaceAll(/[-.]/g, '')}`
}

function writeDevice(block: Buffer, value: number, start: number): void {
  if (value < 8 ** 7) {
    block.write(`${value.toString(8).padStart(7, '0')}\0`, start, 'latin1')
    return
  }
  // No PAX keyword exists for device numbers: base-256, as GNU tar and others write it.
  block[start] = 0x80
  block.writeUIntBE(value, start + 2, 6)
}

function writeChecksum(block: Buffer): void {
  block.fill(0x20, 148, 156)
  let sum = 0
  for (const byte of block) sum += byte
  block.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
}

function paxName(path: Uint8Array): Uint8Array {
  const trimmed = Buffer.from(path).toString('latin1').replace(/\/+$/, '')
  const base = trimmed.slice(trimmed.lastIndexOf('/') + 1)
  return Buffer.from(`PaxHeaders/${base}`.slice(0, 100), 'latin1')
}

function encodePaxRecords(records: ReadonlyMap<string, Uint8Array>): Buffer {
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1))
  return Buffer.concat(
    sorted.flatMap(([keyword, value]) => {
      const start = Buffer.from(` ${keyword}=`)
      const rest = start.length + value.length + 1
      // The length counts its own digits.
      let length = rest + String(rest).length
      if (rest + String(length).length !== length) length = rest + String(length).length
      return [Buffer.from(String(length)), start, value, Buffer.from('\n')]
    }),
  )
}
