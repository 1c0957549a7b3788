/** A line of a CSV text. */
export interface CsvRow {
  /** Line of the text that it begins on, from 1. */
  readonly line: number
  readonly cells: readonly string[]
}

/**
 * Reads comma-separated values (RFC 4180), with LF or CRLF. Empty lines are passed over.
 *
 * @throws {SyntaxError} with the line, for a quote that does not end, or stands inside a value.
 */
export function* parseCsv(text: string): Generator<CsvRow> {
  let line = 1
  let at = 0
  while (at < text.length) {
    const start = line
    const cells: string[] = []
    for (let more = true; more;) {
      let cell: string
      if (text[at] === '"') {
        const end = endOfQuoted(text, at)
        if (end < 0) throw new SyntaxError(`line ${start}: a quote has no end`)
        cell = text.slice(at + 1, end).replaceAll('""', '"')
        line += cell.split('\n').length - 1
        at = end + 1
      } else {
        let end = at
        while (end < text.length && text[end] !== ',' && text[end] !== '\n' && text[end] !== '\r') end++
        cell = text.slice(at, end)
        if (cell.includes('"'))
          throw new SyntaxError(`line ${line}: a quote inside a value that has none around it`)
        at = end
      }
      cells.push(cell)
      more = text[at] === ','
      if (more) at++
    }
    if (text[at] === '\r') at++
    if (at < text.length && text[at] !== '\n') throw new SyntaxError(`line ${line}: text after a quote`)
    at++
    line++
    if (cells.length > 1 || cells[0]!.trim() !== '') yield { line: start, cells }
  }
}

function endOfQuoted(text: string, open: number): number {
  for (let at = text.indexOf('"', open + 1); at >= 0; at = text.indexOf('"', at + 2)) {
    if (text[at + 1] !== '"') return at
  }
  return -1
}
