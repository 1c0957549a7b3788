import { quote } from '../internal/quote.ts'

/** One package of apk's database: its index fields, and the paths of its files. */
export interface ApkEntry {
  /** Line on which it begins, from 1. */
  readonly line: number
  /** Fields by letter; the first of each counts. */
  readonly fields: ReadonlyMap<string, string>
  readonly files: readonly string[]
  /** The first thing that is wrong with its form. */
  readonly problem?: string | undefined
}

/**
 * Reads apk's database: a letter, a colon and a value a line, an empty line after each package; `F` names a folder,
 * `R` a file in the last folder. Never throws: what is wrong with one package is told there.
 */
export function* parseInstalled(text: string): Generator<ApkEntry> {
  let lines: string[] = []
  let lineNumber = 0
  for (const line of text.split('\n')) {
    lineNumber++
    if (line !== '') {
      lines.push(line)
    } else if (lines.length > 0) {
      yield toEntry(lines, lineNumber - lines.length)
      lines = []
    }
  }
  if (lines.length > 0) yield toEntry(lines, lineNumber - lines.length + 1)
}

function toEntry(lines: readonly string[], firstLine: number): ApkEntry {
  const fields = new Map<string, string>()
  const files: string[] = []
  let folder: string | undefined
  let problem: string | undefined
  for (const [index, line] of lines.entries()) {
    const letter = line[0] ?? ''
    const value = line.slice(2)
    if (!/^[A-Za-z]:/.test(line)) problem ??= `line ${firstLine + index}: not a field: ${quote(line)}`
    else if (letter === 'F') folder = value === '' ? '' : `/${value}`
    else if (letter === 'R' && folder === undefined)
      problem ??= `line ${firstLine + index}: a file without a folder`
    else if (letter === 'R') files.push(`${folder}/${value}`)
    else if (!fields.has(letter)) fields.set(letter, value)
    // `a` and `Z` belong to files; a package field must not come twice.
    else if ('PVAo'.includes(letter)) problem ??= `line ${firstLine + index}: a second field "${letter}"`
  }
  return { line: firstLine, fields, files, problem }
}
