/** Texts in a file that may name other files. */
export interface NamedFiles {
  /** Absolute paths. */
  readonly paths: readonly string[]
  /** Names of shared libraries, `lib*.so*` or `*.so`. */
  readonly libraries: readonly string[]
}

const path = /(?<![A-Za-z0-9_.-])\/[A-Za-z0-9_.+@:~-]+(?:\/[A-Za-z0-9_.+@:~-]+)+/g
const library = /[A-Za-z0-9_][A-Za-z0-9_.+-]{1,80}\.so(?:\.[0-9]{1,4}){0,4}/g
const maxNames = 20_000

/** Finds absolute paths of at least two parts, and library names, anywhere in the bytes of a program. */
export function findNamedFiles(file: Uint8Array): NamedFiles {
  const text = Buffer.from(file.buffer, file.byteOffset, file.byteLength).toString('latin1')
  return { paths: collect(text, path), libraries: collect(text, library) }
}

function collect(text: string, pattern: RegExp): readonly string[] {
  const found = new Set<string>()
  for (const [name] of text.matchAll(pattern)) {
    if (name.length <= 512) found.add(name)
    if (found.size >= maxNames) break
  }
  return [...found]
}
