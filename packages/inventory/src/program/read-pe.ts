import type { FileContent } from '../files/image-files.ts'
import type { ProgramLayout, ProgramRegion } from './program-layout.ts'
import { fieldsOf, readExactly, textAt } from './read-fields.ts'

const fileHeaderBytes = 24
const sectionBytes = 40
/** The Windows loader takes no more. */
const maxSections = 96
const mayBeWritten = 0x80000000

/**
 * Reads the headers of a Windows program or library (PE format); `undefined` for a program of DOS.
 *
 * @throws {SyntaxError} when they are broken.
 */
export async function readPe(content: FileContent, head: Buffer): Promise<ProgramLayout | undefined> {
  if (head.length < 64) throw new SyntaxError('a broken header of DOS')
  const start = head.readUInt32LE(60)
  if (start + fileHeaderBytes > content.size) return undefined
  const header = await readExactly(content, start, fileHeaderBytes)
  if (header.toString('latin1', 0, 4) !== 'PE\0\0') return undefined
  const count = header.readUInt16LE(6)
  const optionalBytes = header.readUInt16LE(20)
  if (count > maxSections) throw new SyntaxError(`more than ${maxSections} sections`)
  const optional = await readExactly(content, start + fileHeaderBytes, optionalBytes)
  const wide = optionalBytes >= 32 && optional.readUInt16LE(0) === 0x20b
  const base =
    optionalBytes < 32 ? 0 : wide ? fieldsOf(optional, true, 64).word(24) : optional.readUInt32LE(28)
  const table = await readExactly(content, start + fileHeaderBytes + optionalBytes, count * sectionBytes)
  const sections: ProgramRegion[] = []
  for (let at = 0; at < table.length; at += sectionBytes) {
    sections.push({
      name: textAt(table, at, 8),
      address: base + table.readUInt32LE(at + 12),
      size: table.readUInt32LE(at + 16),
      offset: table.readUInt32LE(at + 20),
      writable: (table.readUInt32LE(at + 36) & mayBeWritten) !== 0,
    })
  }
  const packed = sections.some(({ name }) => name === 'UPX0' || name === 'UPX1')
  return { format: 'pe', sections, segments: sections, packedBy: packed ? 'UPX' : undefined }
}
