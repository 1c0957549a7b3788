import { readElfLayout } from './read-elf-layout.ts'
import { readNeededVersions, readProvidedVersions } from './read-versions.ts'

/** Versions of symbols that a file asks of one library (GNU verneed). */
export interface NeededVersions {
  /** NEEDED name of the library. */
  readonly library: string
  /** Those that must be there; weak ones, without which it still starts, are left out. */
  readonly versions: readonly string[]
}

/** What linking and running an ELF file needs. */
export interface ElfFile {
  /** Class, byte order and machine; libraries of another kind are not loaded. */
  readonly kind: string
  /** PT_INTERP. */
  readonly interpreter?: string | undefined
  readonly needed: readonly string[]
  readonly rpath: readonly string[]
  readonly runpath: readonly string[]
  readonly soname?: string | undefined
  /** Whether it imports a function that starts a shell: popen, system, wordexp. */
  readonly startsShell: boolean
  /** Whether it imports a function that looks a command up in PATH: execvp, execlp, execvpe, posix_spawnp. */
  readonly searchesPath: boolean
  /** Whether it imports any function that starts a program. */
  readonly startsPrograms: boolean
  /** Where the names of its symbols lie in the file, which are no texts of the program. */
  readonly symbolNames?: { readonly start: number; readonly end: number } | undefined
  /** Versions of symbols that it asks of libraries. */
  readonly needs: readonly NeededVersions[]
  /** Versions of symbols that it defines (GNU verdef), without the one that is its own name. */
  readonly provides: readonly string[]
  /** Whether it must not be looked for in the built-in folders (DF_1_NODEFLIB). */
  readonly skipsDefaultFolders: boolean
}

type ImportedFunctions = Pick<ElfFile, 'startsShell' | 'searchesPath' | 'startsPrograms'>

const shellFunctions = new Set(['popen', 'system', 'wordexp'])
const searchFunctions = new Set(['execvp', 'execlp', 'execvpe', 'posix_spawnp'])
const startFunctions = new Set([
  ...shellFunctions,
  ...searchFunctions,
  'execl',
  'execle',
  'execv',
  'execve',
  'execveat',
  'fexecve',
  'posix_spawn',
  'syscall',
])
const maxTableEntries = 1_000_000
const maxTextBytes = 4_096
const longestFunction = 12
/** What is said of a file that has no dynamic section. */
const isolated = {
  needed: [],
  rpath: [],
  runpath: [],
  startsShell: false,
  searchesPath: false,
  startsPrograms: false,
  needs: [],
  provides: [],
  skipsDefaultFolders: false,
} as const

/**
 * Reads the dynamic section of an ELF file (System V ABI, chapters 4 and 5), 32 and 64 bit, both byte orders.
 * `undefined` for what is no ELF file, or a damaged one: then nothing is known of what it needs.
 */
export function parseElf(file: Uint8Array): ElfFile | undefined {
  try {
    return parse(file)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

function parse(file: Uint8Array): ElfFile | undefined {
  const layout = readElfLayout(file)
  if (!layout) return undefined
  const { bytes, wide, segments, machine, u16, u32, word } = layout
  const kind = `${bytes[4]}.${bytes[5]}.${machine}`
  // The search for the end is bounded: a file without a zero must not be read once for each of its names.
  const text = (at: number) => {
    const length = at < 0 ? -1 : bytes.subarray(at, at + maxTextBytes).indexOf(0)
    if (length < 0) throw new RangeError('string out of bounds')
    return bytes.toString('latin1', at, at + length)
  }

  const toOffset = (address: number): number => {
    // Segments are mapped in order, so that of two over one address the later is seen.
    const segment = segments.findLast(
      (candidate) =>
        candidate.type === 1 &&
        address >= candidate.address &&
        address < candidate.address + candidate.fileSize,
    )
    if (!segment) throw new RangeError('address outside of the file')
    return address - segment.address + segment.offset
  }

  const interpreterSegment = segments.find(({ type }) => type === 3)
  const interpreter = interpreterSegment && text(interpreterSegment.offset)
  const dynamic = segments.findLast(({ type }) => type === 2)
  if (!dynamic) return { kind, interpreter, ...isolated }

  const tags = new Map<number, number[]>()
  const size = wide ? 16 : 8
  // As the dynamic linker does: found by its address, up to DT_NULL, and of a tag that may be there once the last counts.
  const start = toOffset(dynamic.address)
  for (let index = 0; index < maxTableEntries; index++) {
    const at = start + index * size
    const tag = word(at)
    if (tag === 0) break
    const values = tags.get(tag)
    if (values) values.push(word(at + size / 2))
    else tags.set(tag, [word(at + size / 2)])
  }
  const last = (tag: number) => tags.get(tag)?.at(-1)
  const stringTable = last(5)
  const strings = stringTable === undefined ? undefined : toOffset(stringTable)
  const texts = (tag: number) =>
    strings === undefined ? [] : (tags.get(tag) ?? []).map((offset) => text(strings + offset))
  const paths = (tag: number) =>
    texts(tag)
      .flatMap((value) => value.split(':'))
      .filter((path) => path !== '')

  const versions = { u16, u32, text: (offset: number) => text(strings! + offset) }
  const versionTable = (tag: number) =>
    strings === undefined || last(tag) === undefined ? undefined : toOffset(last(tag)!)
  return {
    kind,
    interpreter,
    needed: texts(1),
    rpath: paths(15),
    runpath: paths(29),
    soname: texts(14).at(-1),
    ...importedFunctions(),
    symbolNames: strings === undefined ? undefined : { start: strings, end: strings + (last(10) ?? 0) },
    needs: orNone(() => readNeededVersions(versions, versionTable(0x6fff_fffe), last(0x6fff_ffff))),
    provides: orNone(() => readProvidedVersions(versions, versionTable(0x6fff_fffc), last(0x6fff_fffd))),
    skipsDefaultFolders: Math.floor((last(0x6fff_fffb) ?? 0) / 0x800) % 2 === 1,
  }

  /** A symbol table that can't be read may hold anything, and says nothing about the libraries that are needed. */
  function importedFunctions(): ImportedFunctions {
    if (strings === undefined) return { startsShell: false, searchesPath: false, startsPrograms: false }
    try {
      return readImports()
    } catch (error) {
      if (error instanceof RangeError) return { startsShell: true, searchesPath: true, startsPrograms: true }
      throw error
    }
  }

  /** Undefined symbols of the dynamic symbol table, which reaches up to the string table in every file that linkers make. */
  function readImports(): ImportedFunctions {
    let startsShell = false
    let searchesPath = false
    let startsPrograms = false
    const symbolTable = last(6)
    if (symbolTable === undefined) return { startsShell, searchesPath, startsPrograms }
    const at = toOffset(symbolTable)
    const entrySize = last(11) ?? (wide ? 24 : 16)
    if (entrySize < (wide ? 24 : 16)) return { startsShell, searchesPath, startsPrograms }
    const end = strings! > at ? strings! : bytes.length
    const count = Math.floor((end - at) / entrySize)
    if (count > maxTableEntries) throw new RangeError('too many symbols')
    for (let index = 1; index < count; index++) {
      const symbol = at + index * entrySize
      const section = u16(symbol + (wide ? 6 : 14))
      if (section !== 0) continue
      const name = strings! + u32(symbol)
      const length = bytes.subarray(name, name + longestFunction + 1).indexOf(0)
      if (length <= 0) continue
      const imported = bytes.toString('latin1', name, name + length)
      startsShell ||= shellFunctions.has(imported)
      searchesPath ||= searchFunctions.has(imported)
      startsPrograms ||= startFunctions.has(imported)
    }
    return { startsShell, searchesPath, startsPrograms }
  }
}

/** Versions that can't be read are none: the dynamic linker refuses such a file, whatever is beside it. */
function orNone<T>(read: () => readonly T[]): readonly T[] {
  try {
    return read()
  } catch (error) {
    if (error instanceof RangeError) return []
    throw error
  }
}
