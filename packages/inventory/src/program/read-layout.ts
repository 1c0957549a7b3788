import type { FileContent } from '../files/image-files.ts'
import { readElf } from './read-elf.ts'
import { readMachO, sliceFatMachO } from './read-mach-o.ts'
import { readPe } from './read-pe.ts'
import type { ProgramLayout } from './program-layout.ts'

const headBytes = 4096

/** A program, or one architecture of a universal one. */
export interface LaidOutProgram {
  readonly content: FileContent
  readonly layout: ProgramLayout
}

/** What kind of program begins so. */
export function programKind(head: Buffer): ProgramLayout['format'] | 'fat mach-o' | undefined {
  switch (head.length < 4 ? 0 : head.readUInt32BE(0)) {
    case 0x7f454c46:
      return 'elf'
    case 0xfeedface:
    case 0xfeedfacf:
    case 0xcefaedfe:
    case 0xcffaedfe:
      return 'mach-o'
    case 0xcafebabe:
    case 0xcafebabf:
      return 'fat mach-o'
    default:
      return head[0] === 0x4d && head[1] === 0x5a ? 'pe' : undefined
  }
}

/**
 * Recognises ELF, PE and Mach-O programs and reads their headers; none for any other file.
 *
 * @throws {SyntaxError} when it is one, and its headers are broken.
 */
export async function readLayout(content: FileContent): Promise<readonly LaidOutProgram[]> {
  const bytes = await content.read(0, headBytes)
  const head = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const kind = programKind(head)
  switch (kind) {
    case 'elf':
    case 'pe':
    case 'mach-o': {
      const read = { elf: readElf, pe: readPe, 'mach-o': readMachO }[kind]
      const layout = await read(content, head)
      return layout ? [{ content, layout }] : []
    }
    case 'fat mach-o': {
      const found: LaidOutProgram[] = []
      for (const slice of (await sliceFatMachO(content, head)) ?? []) {
        const sliceHead = Buffer.from(await slice.read(0, headBytes))
        if (programKind(sliceHead) !== 'mach-o') continue
        found.push({ content: slice, layout: await readMachO(slice, sliceHead) })
      }
      return found
    }
    case undefined:
      return []
  }
}
