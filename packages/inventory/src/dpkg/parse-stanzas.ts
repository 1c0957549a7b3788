/** One paragraph of a control file: its exact text and its fields, by lower-case name. */
export interface Stanza {
  /** As it stands in the file, without the newline that ends it. */
  readonly text: string
  /** Line of the file on which it begins, from 1. */
  readonly line: number
  /** Continuation lines are joined by newlines. Of two fields with one name the first counts. */
  readonly fields: ReadonlyMap<string, string>
  /** The first thing that is wrong with its form. */
  readonly problem?: string | undefined
}

/**
 * Splits a control file into its paragraphs (deb822(5)). Never throws: what is wrong in one of them is told there, so
 * that the others can still be read. As in dpkg, only an empty line ends a paragraph.
 */
export function* parseStanzas(text: string): Generator<Stanza> {
  let lines: string[] = []
  let lineNumber = 0
  for (const line of splitLines(text)) {
    lineNumber++
    if (line !== '' && (lines.length > 0 || line.trim() !== '')) {
      lines.push(line)
    } else if (lines.length > 0) {
      yield toStanza(lines, lineNumber - lines.length)
      lines = []
    }
  }
  if (lines.length > 0) yield toStanza(lines, lineNumber - lines.length + 1)
}

function* splitLines(text: string): Generator<string> {
  let start = 0
  for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n', start)) {
    yield text.slice(start, end)
    start = end + 1
  }
  yield text.slice(start)
}

const field = /^([!-9;-~]+):[ \t]*(.*)$/

function toStanza(lines: readonly string[], firstLine: number): Stanza {
  const values = new Map<string, string[]>()
  let current: string[] | undefined
  let problem: string | undefined
  const note = (index: number, what: string) => {
    problem ??= `line ${firstLine + index}: ${what}`
  }
  for (const [index, line] of lines.entries()) {
    if (line.trim() === '') {
      note(index, 'a blank line inside a stanza')
      continue
    }
    if (/^[ \t]/.test(line)) {
      if (current) current.push(line.slice(1))
      else note(index, 'a continuation without a field')
      continue
    }
    const match = line.startsWith('-') || line.startsWith('#') ? null : field.exec(line)
    current = undefined
    if (!match) {
      note(index, 'not a field')
      continue
    }
    current = [match[2]!.trimEnd()]
    const name = match[1]!.toLowerCase()
    if (values.has(name)) note(index, `a second field "${match[1]!.slice(0, 40)}"`)
    else values.set(name, current)
  }
  const fields = new Map([...values].map(([name, value]) => [name, value.join('\n')]))
  return { text: lines.join('\n'), line: firstLine, fields, problem }
}
