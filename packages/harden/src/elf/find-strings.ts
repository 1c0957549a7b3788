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
 * which of the paths are worth keeping; most paths in a program are those of its sources.
 */
export function findNamedFiles(
  file: Uint8Array,
  exists: (path: string) => boolean = () => true,
): Omit<NamedFiles, 'commands'> {
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.byteLength)
  const paths = new Set<string>()
  const libraries = new Set<string>()
  let isCut = false
  // Windows overlap by more than the longest name, so that each is whole in one of them.
  for (let start = 0; start < bytes.length; start += windowBytes) {
    const text = bytes.toString('latin1', start, start + windowBytes + overlapBytes)
    for (const [name] of text.matchAll(path)) {
      if (paths.has(name) || !exists(name)) continue
      if (paths.size >= maxNames) {
        isCut = true
        break
      }
      paths.add(name)
    }
    const found = findLibraryNames(text)
    isCut ||= found.length >= maxNames || libraries.size >= maxNames
    if (libraries.size < maxNames) for (const name of found) if (!name.includes('/')) libraries.add(name)
  }
  return { paths: [...paths], libraries: [...libraries], isCut }
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
