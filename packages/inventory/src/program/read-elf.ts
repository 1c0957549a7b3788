import type { FileContent } from '../files/image-files.ts'
import type { ProgramLayout, ProgramRegion } from './program-layout.ts'
import { fieldsOf, readExactly, textAt } from './read-fields.ts'

const executable = 2
const shared = 3
const loaded = 1
const noBits = 8
const maxSections = 20_000
const maxSegments = 1_000
const maxNamesBytes = 4 * 1024 * 1024

interface ElfTables {
  readonly segmentsAt: number
  readonly segments: number
  readonly sectionsAt: number
  readonly sections: number
  readonly namesIndex: number
}

/**
 * Reads the headers of an ELF program or shared library (System V ABI, chapters 4 and 5); `undefined` for the other
 * kinds: objects, core dumps.
 *
 * @throws {SyntaxError} when its program headers are broken. A broken table of sections counts as stripped, because
 *   programs run without.
 */
export async function readElf(content: FileContent, head: Buffer): Promise<ProgramLayout | undefined> {
  const bits = head[4] === 2 ? 64 : head[4] === 1 ? 32 : undefined
  const order = head[5]
  if (bits === undefined || (order !== 1 && order !== 2) || head.length < (bits === 64 ? 64 : 52)) {
    throw new SyntaxError('a broken ELF header')
  }
  const littleEndian = order === 1
  const header = fieldsOf(head, littleEndian, bits)
  const type = header.u16(16)
  if (type !== executable && type !== shared) return undefined
  const wide = bits === 64
  const counts = wide ? 54 : 42
  const tables: ElfTables = {
    segmentsAt: header.word(wide ? 32 : 28),
    segments: header.u16(counts + 2),
    sectionsAt: header.word(wide ? 40 : 32),
    sections: header.u16(counts + 6),
    namesIndex: header.u16(counts + 8),
  }
  const segments = await readSegments(content, tables, littleEndian, bits)
  const sections = await readSections(content, tables, littleEndian, bits).catch((error: unknown) => {
    if (error instanceof SyntaxError) return []
    throw error
  })
  const packed = sections.length === 0 && head.includes('UPX!', 0, 'latin1')
  return { format: 'elf', sections, segments, packedBy: packed ? 'UPX' : undefined }
}

async function readSegments(
  content: FileContent,
  { segmentsAt, segments }: ElfTables,
  littleEndian: boolean,
  bits: 32 | 64,
): Promise<ProgramRegion[]> {
  if (segments > maxSegments) throw new SyntaxError(`more than ${maxSegments} segments`)
  const wide = bits === 64
  const entry = wide ? 56 : 32
  const table = await readExactly(content, segmentsAt, segments * entry)
  const { u32, word } = fieldsOf(table, littleEndian, bits)
  const regions: ProgramRegion[] = []
  for (let at = 0; at < table.length; at += entry) {
    if (u32(at) !== loaded) continue
    regions.push({
      name: '',
      offset: word(at + (wide ? 8 : 4)),
      address: word(at + (wide ? 16 : 8)),
      size: word(at + (wide ? 32 : 16)),
      // Go puts its build information where it may be written and not run.
      writable: (u32(at + (wide ? 4 : 24)) & 3) === 2,
    })
  }
  return regions
}

async function readSections(
  content: FileContent,
  { sectionsAt, sections, namesIndex }: ElfTables,
  littleEndian: boolean,
  bits: 32 | 64,
): Promise<ProgramRegion[]> {
  if (sectionsAt === 0 || sections === 0) return []
  if (sections > maxSections || namesIndex >= sections) throw new SyntaxError('a broken table of sections')
  const wide = bits === 64
  const entry = wide ? 64 : 40
  const table = await readExactly(content, sectionsAt, sections * entry)
  const { u32, word } = fieldsOf(table, littleEndian, bits)
  const offsetAt = (index: number) => word(index * entry + (wide ? 24 : 16))
  const sizeAt = (index: number) => word(index * entry + (wide ? 32 : 20))
  const names = await readExactly(content, offsetAt(namesIndex), Math.min(sizeAt(namesIndex), maxNamesBytes))
  const regions: ProgramRegion[] = []
  for (let index = 0; index < sections; index++) {
    const at = index * entry
    if (u32(at + 4) === noBits) continue
    regions.push({
      name: textAt(names, u32(at), 64),
      address: word(at + (wide ? 16 : 12)),
      offset: offsetAt(index),
      size: sizeAt(index),
      writable: (word(at + 8) & 1) === 1,
    })
  }
  return regions
}
