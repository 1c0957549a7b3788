/** One paragraph of a control file: its exact text and its fields, by lower-case name. */
export interface Stanza {
  /** As it stands in the file, without the blank line after it. */
  readonly text: string
  readonly fields: ReadonlyMap<string, string>
}

/**
 * Splits a control file into its paragraphs (deb822(5)). Continuation lines are joined by newlines.
 *
 * @throws {SyntaxError} at a line that is neither a field nor a continuation, or at a second field of one name.
 */
export function* parseStanzas(text: string): Generator<Stanza> {
  let lines: string[] = []
  let lineNumber = 0
  for (const line of text.split('\n')) {
    lineNumber++
    if (line.trim() !== '') {
      lines.push(line)
    } else if (lines.length > 0) {
      yield toStanza(lines, lineNumber - lines.length)
      lines = []
    }
  }
  if (lines.length > 0) yield toStanza(lines, lineNumber - lines.length + 1)
}

const field = /^([!-9;-~]+):[ \t]*(.*)$/

function toStanza(lines: readonly string[], firstLine: number): Stanza {
  const fields = new Map<string, string>()
  let current: string | undefined
  for (const [index, line] of lines.entries()) {
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (current === undefined)
        throw new SyntaxError(`line ${firstLine + index}: a continuation without a field`)
      fields.set(current, `${fields.get(current)}\n${line.slice(1)}`)
      continue
    }
    const match = field.exec(line)
    if (!match) throw new SyntaxError(`line ${firstLine + index}: not a field`)
    current = match[1]!.toLowerCase()
    if (fields.has(current)) throw new SyntaxError(`line ${firstLine + index}: a second field "${match[1]}"`)
    fields.set(current, match[2]!.trimEnd())
  }
  return { text: lines.join('\n'), fields }
}
