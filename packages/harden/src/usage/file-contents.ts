import type { FileNode, Image } from '@sallyport/image'
import { findCommandTexts, findCompiledCommands, startsCommands } from '../elf/find-commands.ts'
import { findNamedFiles, type NamedFiles } from '../elf/find-strings.ts'
import { type ElfFile, parseElf } from '../elf/parse-elf.ts'
import { isShellProgram } from './login-shells.ts'
import { loadedLibraries } from './optional-libraries.ts'
import { isInterpreter } from './runtimes.ts'
import { isOwnCode } from './source-code.ts'

/** What a file is to the analysis. */
export type FileContent =
  | { readonly type: 'elf'; readonly elf: ElfFile; readonly names: NamedFiles }
  | { readonly type: 'script'; readonly interpreter: readonly string[]; readonly text: string }
  | { readonly type: 'text'; readonly text: string }
  | { readonly type: 'other' }
  /** A program or script of which it can't be told what it needs. */
  | { readonly type: 'unknown'; readonly reason: string }

/** Reads the files of an image, each of them once as long as no very many texts are asked for again. */
export interface FileContents {
  read(node: FileNode): Promise<FileContent>
  /** ELF files among these paths; others are left out. */
  elf(path: string): Promise<ElfFile | undefined>
  /** Files read so far of which it can't be told what they need. */
  unknown(): ReadonlyMap<string, string>
}

const maxElfBytes = 512 * 1024 * 1024
const maxTextBytes = 1024 * 1024
/** Bundles of an application and what it needs are one file. */
const maxSourceBytes = 32 * 1024 * 1024
const magic = 0x7f454c46
const other: FileContent = { type: 'other' }
/** The dynamic linker loads nothing for a file whose tables lead out of it, but what it holds may still run. */
const damaged: ElfFile = {
  kind: '',
  needed: [],
  rpath: [],
  runpath: [],
  startsShell: true,
  searchesPath: true,
  startsPrograms: true,
  needs: [],
  provides: [],
  skipsDefaultFolders: false,
}

const tooLarge = ({ size }: FileNode, limit: number): FileContent => ({
  type: 'unknown',
  reason: `it has ${size} bytes, more than the ${limit} that are read`,
})

/** Bytes of texts that are kept, those last asked for. */
const maxKeptTextBytes = 16 * 1024 * 1024

/** Makes a reader that remembers what it saw; of ELF files only their headers and names are kept. */
export function createFileContents(
  image: Image,
  commands: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): FileContents {
  const known = new Map<string, FileContent>()
  const texts = new Map<string, Extract<FileContent, { type: 'text' | 'script' }>>()
  const loading = new Map<string, Promise<FileContent>>()
  /** Of these it is remembered for good that they are no programs. */
  const isText = new Set<string>()
  const unknown = new Map<string, string>()
  let keptBytes = 0

  const remember = (path: string, content: FileContent): void => {
    if (content.type === 'unknown') unknown.set(path, content.reason)
    if (content.type !== 'text' && content.type !== 'script') {
      known.set(path, content)
      return
    }
    isText.add(path)
    texts.set(path, content)
    keptBytes += content.text.length
    for (const [oldest, { text }] of texts) {
      if (keptBytes <= maxKeptTextBytes) break
      texts.delete(oldest)
      keptBytes -= text.length
    }
  }
  const read = async (node: FileNode): Promise<FileContent> => {
    const found = known.get(node.path) ?? texts.get(node.path) ?? loading.get(node.path)
    if (found) return found
    const content = load(image, node, commands, signal)
    loading.set(node.path, content)
    try {
      remember(node.path, await content)
      return await content
    } finally {
      loading.delete(node.path)
    }
  }
  return {
    read,
    async elf(path) {
      const node = image.tree.get(path)
      if (node?.type !== 'file') return undefined
      if (isText.has(path)) return undefined
      const content = await read(node)
      return content.type === 'elf' ? content.elf : undefined
    },
    unknown: () => unknown,
  }
}

async function load(
  image: Image,
  node: FileNode,
  commands: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<FileContent> {
  if (node.type !== 'file' || node.size < 4) return other
  const isSource = isOwnCode(node.path) && !/\.(?:class|[jwe]ar)$/.test(node.path)
  // Scripts of a shell are parsed whole, so that of those no more is read.
  const textLimit = isSource && !/\.(?:ba)?sh$/.test(node.path) ? maxSourceBytes : maxTextBytes
  if (node.size > textLimit) {
    const start = await firstBytes(image.openFile(node, { signal }))
    if (start.toString('latin1', 0, 2) === '#!') return tooLarge(node, textLimit)
    if (start.length < 4 || start.readUInt32BE(0) !== magic)
      return isSource ? tooLarge(node, textLimit) : other
    if (node.size > maxElfBytes) return tooLarge(node, maxElfBytes)
  }
  const bytes = Buffer.from(await image.readFile(node, { maxBytes: maxElfBytes, signal }))
  if (bytes.readUInt32BE(0) === magic) {
    const elf = parseElf(bytes) ?? damaged
    const exists = (path: string) => image.tree.resolve(path) !== undefined
    // A static program imports nothing, and may start anything.
    const startsPrograms = elf.startsPrograms || elf.needed.length === 0
    const names = findNamedFiles(bytes, exists, { startsPrograms })
    if (names.isCut) return { type: 'unknown', reason: 'it names too many files' }
    const libraries = loadedLibraries(bytes, elf, names.libraries)
    const commandNames = findCommands(node.path, bytes, elf, commands)
    return { type: 'elf', elf, names: { ...names, libraries, commands: commandNames } }
  }
  if (bytes.byteLength > textLimit) return other
  if (bytes.subarray(0, 4096).includes(0))
    return bytes.toString('latin1', 0, 2) === '#!'
      ? { type: 'unknown', reason: 'it is a script with an archive behind it' }
      : other
  const text = bytes.toString('utf8')
  if (!text.startsWith('#!')) return { type: 'text', text }
  const line = text.slice(2, text.indexOf('\n') < 0 ? undefined : text.indexOf('\n')).trim()
  return { type: 'script', interpreter: interpreterWords(line), text }
}

/** Programs that start what their configuration names and nothing else; their own texts are its keywords (`stat`, `last`). */
const startsConfigured = /\/haproxy$/

/** Names of commands in a program. Interpreters and shells have words of a language, and start what their sources say. */
function findCommands(
  path: string,
  bytes: Uint8Array,
  elf: ElfFile,
  commands: ReadonlySet<string>,
): readonly string[] {
  const isCommand = (name: string) => commands.has(name)
  if (isInterpreter(path) || isShellProgram(path) || startsConfigured.test(path)) return []
  return startsCommands(bytes)
    ? findCompiledCommands(bytes, isCommand)
    : findCommandTexts(bytes, elf, isCommand)
}

/** `/usr/bin/env -S python3 -u` → `/usr/bin/env`, `python3`; `/bin/busybox sh` → `/bin/busybox`, `sh`. */
export function interpreterWords(line: string): readonly string[] {
  const [program, ...rest] = line.split(/\s+/).filter((word) => word !== '')
  if (!program) return []
  // s6's `with-contenv` runs the interpreter that it is given.
  if (/(?:^|\/)(?:busybox|toybox|with-contenv)$/.test(program))
    return rest[0] ? [program, rest[0]] : [program]
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
