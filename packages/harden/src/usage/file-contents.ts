import type { FileNode, Image } from '@sallyport/image'
import { findNamedFiles, type NamedFiles } from '../elf/find-strings.ts'
import { type ElfFile, parseElf } from '../elf/parse-elf.ts'

/** What a file is to the analysis. */
export type FileContent =
  | { readonly type: 'elf'; readonly elf: ElfFile; readonly names: NamedFiles }
  | { readonly type: 'script'; readonly interpreter: readonly string[]; readonly text: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'other' }

/** Reads each file of an image at most once. */
export interface FileContents {
  read(node: FileNode): Promise<FileContent>
  /** ELF files among these paths; others are left out. */
  elf(path: string): Promise<ElfFile | undefined>
}

const maxElfBytes = 256 * 1024 * 1024
const maxTextBytes = 1024 * 1024
const other: FileContent = { type: 'other' }

/** Makes a reader that remembers what it saw; of ELF files only their headers and names are kept. */
export function createFileContents(image: Image, signal: AbortSignal | undefined): FileContents {
  const known = new Map<string, Promise<FileContent>>()
  const read = (node: FileNode): Promise<FileContent> => {
    let content = known.get(node.path)
    if (!content) {
      content = load(image, node, signal)
      known.set(node.path, content)
    }
    return content
  }
  return {
    read,
    async elf(path) {
      const node = image.tree.get(path)
      if (node?.type !== 'file') return undefined
      const content = await read(node)
      return content.type === 'elf' ? content.elf : undefined
    },
  }
}

async function load(image: Image, node: FileNode, signal: AbortSignal | undefined): Promise<FileContent> {
  if (node.type !== 'file' || node.size < 4 || node.size > maxElfBytes) return other
  if (node.size > maxTextBytes) {
    const start = await firstBytes(image.openFile(node, { signal }))
    if (start.length < 4 || start.readUInt32BE(0) !== 0x7f454c46) return other
  }
  const bytes = Buffer.from(await image.readFile(node, { maxBytes: maxElfBytes, signal }))
  if (bytes.readUInt32BE(0) === 0x7f454c46) {
    const elf = parseElf(bytes)
    return elf ? { type: 'elf', elf, names: findNamedFiles(bytes) } : other
  }
  if (bytes.byteLength > maxTextBytes || bytes.subarray(0, 4096).includes(0)) return other
  const text = bytes.toString('utf8')
  if (!text.startsWith('#!')) return { type: 'text', text }
  const line = text.slice(2, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n')).trim()
  return { type: 'script', interpreter: interpreterWords(line), text }
}

/** `/usr/bin/env -S python3 -u` → `/usr/bin/env`, `python3`; `/bin/busybox sh` → `/bin/busybox`, `sh`. */
export function interpreterWords(line: string): readonly string[] {
  const [program, ...rest] = line.split(/\s+/).filter((word) => word !== '')
  if (!program) return []
  if (/(?:^|\/)(?:busybox|toybox)$/.test(program)) return rest[0] ? [program, rest[0]] : [program]
  if (!/(?:^|\/)env$/.test(program)) return [program]
  for (let index = 0; index < rest.length; index++) {
    const word = rest[index]!.replaceAll(/["']/g, '')
    // Options of env(1): `-S` may have its text attached; some take the next word.
    const attached = /^-[iv0]*S(.+)$/.exec(word)?.[1] ?? /^--split-string=(.+)$/.exec(word)?.[1]
    if (attached) return [program, attached]
    if (/^(?:-[iv0]*[uC]|--unset|--chdir)$/.test(word)) index++
    else if (!word.startsWith('-') && !word.includes('=')) return [program, word]
  }
  return [program]
}

async function firstBytes(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  for await (const chunk of content) {
    if (chunk.byteLength > 0) return Buffer.from(chunk)
  }
  return Buffer.alloc(0)
}
