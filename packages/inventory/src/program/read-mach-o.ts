import type { FileContent } from '../files/image-files.ts'
import type { ProgramLayout, ProgramRegion } from './program-layout.ts'
import { fieldsOf, type HeaderFields, readExactly, sliceContent, textAt } from './read-fields.ts'

const segmentCommand = 0x1
const segmentCommand64 = 0x19
const maxCommandBytes = 4 * 1024 * 1024
const maxCommands = 10_000
/** Files of Java classes begin with the same four bytes; there a version stands, which is larger. */
const maxSlices = 30

/**
 * Reads the headers of a Mach-O program or library of one architecture (mach-o/loader.h).
 *
 * @throws {SyntaxError} when they are broken.
 */
export async function readMachO(content: FileContent, head: Buffer): Promise<ProgramLayout> {
  const littleEndian = head[0] !== 0xfe
  const bits = (littleEndian ? head[0] : head[3]) === 0xcf ? 64 : 32
  const headerBytes = bits === 64 ? 32 : 28
  if (head.length < headerBytes) throw new SyntaxError('a broken Mach-O header')
  const header = fieldsOf(head, littleEndian, bits)
  const count = header.u32(16)
  const size = header.u32(20)
  if (size > maxCommandBytes || count > maxCommands) throw new SyntaxError('too many load commands')
  const commands = await readExactly(content, headerBytes, size)
  const fields = fieldsOf(commands, littleEndian, bits)
  const sections: ProgramRegion[] = []
  const segments: ProgramRegion[] = []
  let at = 0
  for (let index = 0; index < count; index++) {
    if (at + 8 > commands.length) throw new SyntaxError('a broken load command')
    const kind = fields.u32(at)
    const length = fields.u32(at + 4)
    if (length < 8 || at + length > commands.length) throw new SyntaxError('a broken load command')
    if (kind === (bits === 64 ? segmentCommand64 : segmentCommand)) {
      const read = readSegment(commands.subarray(at, at + length), littleEndian, bits)
      segments.push(read.segment)
      for (const section of read.sections) sections.push(section)
    }
    at += length
  }
  const packed = head.includes('UPX!', 0, 'latin1')
  return { format: 'mach-o', sections, segments, packedBy: packed ? 'UPX' : undefined }
}

function readSegment(command: Buffer, littleEndian: boolean, bits: 32 | 64) {
  const wide = bits === 64
  const headerBytes = wide ? 72 : 56
  const entryBytes = wide ? 80 : 68
  const { u32, word }: HeaderFields = fieldsOf(command, littleEndian, bits)
  if (command.length < headerBytes) throw new SyntaxError('a broken segment')
  const count = u32(wide ? 64 : 48)
  if (headerBytes + count * entryBytes > command.length) throw new SyntaxError('a broken segment')
  const writable = (u32(wide ? 60 : 44) & 6) === 2
  const segment: ProgramRegion = {
    name: '',
    address: word(24),
    offset: word(wide ? 40 : 32),
    size: word(wide ? 48 : 36),
    writable,
  }
  const sections = Array.from({ length: count }, (_, index): ProgramRegion => {
    const at = headerBytes + index * entryBytes
    return {
      name: textAt(command, at, 16),
      address: word(at + 32),
      size: word(at + (wide ? 40 : 36)),
      offset: u32(at + (wide ? 48 : 40)),
      writable,
    }
  })
  return { segment, sections }
}

/**
 * The programs in a universal file, one for each architecture; `undefined` when it is a file of a Java class.
 *
 * @throws {SyntaxError} when one of them lies outside of the file.
 */
export async function sliceFatMachO(
  content: FileContent,
  head: Buffer,
): Promise<readonly FileContent[] | undefined> {
  const wide = head[3] === 0xbf
  const count = head.length >= 8 ? head.readUInt32BE(4) : 0
  if (count === 0 || count > maxSlices) return undefined
  const entryBytes = wide ? 32 : 20
  const table = await readExactly(content, 8, count * entryBytes)
  const { word } = fieldsOf(table, false, wide ? 64 : 32)
  return Array.from({ length: count }, (_, index) => {
    const at = index * entryBytes
    const start = word(at + 8)
    const size = word(at + (wide ? 16 : 12))
    if (start + size > content.size) throw new SyntaxError('a program whose headers point out of the file')
    return sliceContent(content, start, start + size)
  })
}
