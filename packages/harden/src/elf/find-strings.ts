/** Texts in a file that may name other files. */
export interface NamedFiles {
  /** Absolute paths. */
  readonly paths: readonly string[]
  /** Names of shared libraries, `lib*.so*` or `*.so`. */
  readonly libraries: readonly string[]
  /** Names of commands, of a program that looks them up in PATH. */
  readonly commands: readonly string[]
  /** Whether there were more names than are kept. */
  readonly isCut: boolean
}

const path = /(?<![A-Za-z0-9_.-])\/[A-Za-z0-9_.+@~-]{1,255}(?:\/[A-Za-z0-9_.+@~-]{1,255}){1,32}/g
const nameCharacter = /[A-Za-z0-9_.+/-]/
const libraryEnd = /^\.so(?:\.[0-9]{1,4}){0,4}(?![A-Za-z0-9_])/
const maxNameLength = 200
const maxNames = 50_000
const windowBytes = 512 * 1024
const overlapBytes = 16 * 1024

/**
 * Finds absolute paths of at least two parts, and library names, anywhere in the bytes of a program. `exists` tells
 * which of the paths are worth keeping; most paths in a program are those of its sources. What the file was configured
 * with when it was built is left out, and so are first lines of scripts in a file that starts no program: those it
 * recognizes. `startsPrograms`: whether it may start some. Default true.
 */
export function findNamedFiles(
  file: Uint8Array,
  exists: (path: string) => boolean = () => true,
  { startsPrograms = true }: { readonly startsPrograms?: boolean | undefined } = {},
): Omit<NamedFiles, 'commands'> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const paths = new Set<string>()
  const libraries = new Set<string>()
  let isCut = false
  // Windows overlap by more than the longest name, so that each is whole in one of them.
  for (let start = 0; start < bytes.length; start += windowBytes) {
    const text = bytes.toString('latin1', start, start + windowBytes + overlapBytes)
    const isRecord = createRecordCheck(text)
    for (const { 0: name, index } of text.matchAll(path)) {
      if (paths.has(name) || !exists(name)) continue
      if (!startsPrograms && /(?:#![ .*]{0,4}|["']exec )$/.test(text.slice(Math.max(0, index - 6), index)))
        continue
      if (isRecord(index)) continue
      if (paths.size >= maxNames) {
        isCut = true
        break
      }
      paths.add(name)
    }
    const found = findLibraryNames(text)
    if (libraries.size < maxNames) for (const name of found) if (!name.includes('/')) libraries.add(name)
    isCut ||= found.length >= maxNames || libraries.size >= maxNames
  }
  return { paths: [...paths], libraries: [...libraries], isCut }
}

const maxRecordLength = 16 * 1024

/** Tells whether a place is the value of an option in a record of `configure` (`--prefix=/usr TAR=/bin/tar`). */
function createRecordCheck(text: string): (index: number) => boolean {
  let known = { start: 0, end: 0, isRecord: false }
  return (index) => {
    if (text[index - 1] !== '=') return false
    if (index < known.start || index >= known.end) {
      const before = text.slice(Math.max(0, index - maxRecordLength), index).lastIndexOf('\0')
      const start = Math.max(0, index - maxRecordLength) + before + 1
      const rest = text.slice(index, index + maxRecordLength).indexOf('\0')
      const end = index + (rest < 0 ? maxRecordLength : rest)
      known = { start, end, isRecord: text.slice(start, end).includes('--prefix=/') }
    }
    return known.isRecord
  }
}

/**
 * Finds names that end as shared libraries do, with the folders before them as far as they are written. Looks for the
 * ending and then back, which is linear where a pattern over the whole text is not.
 */
export function findLibraryNames(text: string): readonly string[] {
  const names = new Set<string>()
  for (let at = text.indexOf('.so'); at >= 0 && names.size < maxNames; at = text.indexOf('.so', at + 1)) {
    const end = libraryEnd.exec(text.slice(at, at + 32))
    if (!end) continue
    let start = at
    while (start > 0 && at - start < maxNameLength && nameCharacter.test(text[start - 1]!)) start--
    if (start < at) names.add(text.slice(start, at) + end[0])
  }
  return [...names]
}
