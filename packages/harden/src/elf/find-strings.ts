/** Texts in a file that may name other files. */
export interface NamedFiles {
  /** Absolute paths. */
  readonly paths: readonly string[]
  /** Names of shared libraries, `lib*.so*` or `*.so`. */
  readonly libraries: readonly string[]
}

const path = /(?<![A-Za-z0-9_.-])\/[A-Za-z0-9_.+@~-]{1,255}(?:\/[A-Za-z0-9_.+@~-]{1,255}){1,32}/g
const nameCharacter = /[A-Za-z0-9_.+/-]/
const libraryEnd = /^\.so(?:\.[0-9]{1,4}){0,4}(?![A-Za-z0-9_])/
const maxNameLength = 200
const maxNames = 20_000

/** Finds absolute paths of at least two parts, and library names, anywhere in the bytes of a program. */
export function findNamedFiles(file: Uint8Array): NamedFiles {
  const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('latin1')
  const paths = new Set<string>()
  for (const [name] of text.matchAll(path)) {
    paths.add(name)
    if (paths.size >= maxNames) break
  }
  return { paths: [...paths], libraries: findLibraryNames(text).filter((name) => !name.includes('/')) }
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
