/** A file that a stanza lists. */
export interface ApkFile {
  /** From the root, as the database writes it: links on the way are not followed. */
  readonly path: string
  /** `Z`: `Q1` or `Q2` and the base64 of its SHA-1 or cut SHA-256; absent where the database has none. */
  readonly checksum?: string | undefined
  /** Index of its `R` line in the stanza's lines, and of the first line that is about something else. */
  readonly lines: readonly [start: number, end: number]
}

/** One package of apk's database, with its place in the text. */
export interface ApkStanza {
  /** Where it starts in the text, and where the next one does: empty lines after it are its own. */
  readonly start: number
  readonly end: number
  /** Its lines, without the empty ones after it. */
  readonly lines: readonly string[]
  /** Fields of the package by letter; of a field that comes twice the first. */
  readonly fields: ReadonlyMap<string, string>
  /** Folders that it lists, from the root. */
  readonly folders: readonly string[]
  readonly files: readonly ApkFile[]
}

/** Of a stanza whose form is wrong. */
export interface ApkProblem {
  /** From 1. */
  readonly line: number
  readonly message: string
}

/** apk's database as it stands: the stanzas, put together, are the text from the first of them on. */
export interface ApkDatabase {
  readonly stanzas: readonly ApkStanza[]
  /** What can't be read; a database with any is not to be edited. */
  readonly problem?: ApkProblem | undefined
}

/**
 * Reads `lib/apk/db/installed`: a letter, a colon and a value a line, an empty line after each package. `F` is a
 * folder, `R` a file in it, `a` and `Z` belong to the last `R`, `M` to the last `F` (apk-tools, database format 2).
 */
export function parseDatabase(text: string): ApkDatabase {
  const stanzas: ApkStanza[] = []
  let problem: ApkProblem | undefined
  let lines: string[] = []
  let start = 0
  let number = 0
  const finish = (end: number) => {
    if (lines.length === 0) return
    const made = toStanza(lines, start, end)
    const firstLine = number - lines.length + 1
    problem ??= made.problem && { ...made.problem, line: firstLine + made.problem.line }
    stanzas.push(made.stanza)
    lines = []
  }
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at)
    const end = found < 0 ? text.length : found
    if (end > at) {
      if (lines.length === 0) start = at
      lines.push(text.slice(at, end))
      number++
      at = end + 1
      continue
    }
    let after = at
    while (text[after] === '\n') after++
    finish(after)
    number += after - at
    at = after
  }
  finish(text.length)
  return { stanzas, problem }
}

function toStanza(
  lines: readonly string[],
  start: number,
  end: number,
): { readonly stanza: ApkStanza; readonly problem: ApkProblem | undefined } {
  const fields = new Map<string, string>()
  const folders: string[] = []
  const files: ApkFile[] = []
  let problem: ApkProblem | undefined
  const wrong = (line: number, message: string) => {
    problem ??= { line, message }
  }
  let folder: string | undefined
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index]!
    const value = line.slice(2)
    if (!/^[A-Za-z]:/.test(line)) wrong(index, 'not a field')
    else if (line[0] === 'F') {
      folder = value === '' ? '' : `/${value}`
      folders.push(folder === '' ? '/' : folder)
    } else if (line[0] === 'R') {
      if (folder === undefined) wrong(index, 'a file without a folder')
      let last = index + 1
      while (/^[aZ]:/.test(lines[last] ?? '')) last++
      const sum = lines.slice(index + 1, last).find((one) => one.startsWith('Z:'))
      files.push({ path: `${folder ?? ''}/${value}`, checksum: sum?.slice(2), lines: [index, last] })
      index = last - 1
    } else if (line[0] === 'a' || line[0] === 'Z') wrong(index, 'a sum or mode without a file')
    else if (!fields.has(line[0]!)) fields.set(line[0]!, value)
    else if ('CPVA'.includes(line[0]!)) wrong(index, `a second field ${line[0]}`)
  }
  for (const letter of 'PV') if (!fields.get(letter)) wrong(0, `no field ${letter}`)
  return { stanza: { start, end, lines, fields, folders, files }, problem }
}

/** The text without some of its stanzas; every other byte is as it was. */
export function cutStanzas(
  text: string,
  { stanzas }: ApkDatabase,
  isRemoved: (stanza: ApkStanza) => boolean,
): string {
  let kept = ''
  let from = 0
  for (const stanza of stanzas) {
    if (!isRemoved(stanza)) continue
    kept += text.slice(from, stanza.start)
    from = stanza.end
  }
  return kept + text.slice(from)
}

/** A stanza's text without some of its files: their `R` lines, with mode and sum. Folders stay listed. */
export function cutFiles(text: string, stanza: ApkStanza, isRemoved: (path: string) => boolean): string {
  const gone = new Set<number>()
  for (const { path, lines } of stanza.files) {
    if (!isRemoved(path)) continue
    for (let index = lines[0]; index < lines[1]; index++) gone.add(index)
  }
  let at = stanza.start
  let kept = ''
  for (const [index, line] of stanza.lines.entries()) {
    const next = Math.min(at + line.length + 1, stanza.end)
    if (!gone.has(index)) kept += text.slice(at, next)
    at = next
  }
  return kept + text.slice(at, stanza.end)
}
