import { visibleText } from '@sallyport/policy/report'

/** A cell: what it says, and how it is coloured once it has its width. */
export interface TextCell {
  readonly text: string
  readonly paint?: ((text: string) => string) | undefined
}

/** A column; numbers stand at the right. */
export interface TextColumn {
  readonly title: string
  readonly numeric?: boolean | undefined
}

const gap = '  '
const narrowest = 8

/**
 * A table for terminals, as lines of at most `width` columns; long cells are broken over lines. Text is shown as it
 * may be seen: nothing of it moves a cursor or changes a colour.
 */
export function textTable(
  columns: readonly TextColumn[],
  rows: readonly (readonly (TextCell | string | number)[])[],
  width: number,
): readonly string[] {
  const body = rows.map((row) => row.map(toCell))
  const heads = columns.map(({ title }) => toCell(title))
  const natural = columns.map((_, index) =>
    Math.max(...[heads, ...body].map((row) => row[index]!.text.length)),
  )
  const widths = fit(natural, width - gap.length * (columns.length - 1))
  const rule = widths.map((size) => ({ text: '-'.repeat(size), paint: undefined }))
  return [heads, rule, ...body].flatMap((row) => layOut(row, columns, widths))
}

const toCell = (cell: TextCell | string | number): TextCell =>
  typeof cell === 'object' ? { ...cell, text: visibleText(cell.text) } : { text: visibleText(String(cell)) }

/** Takes from the widest columns until all fit. */
function fit(natural: readonly number[], available: number): readonly number[] {
  const widths = [...natural]
  for (let excess = widths.reduce((sum, each) => sum + each, 0) - available; excess > 0;) {
    const widest = Math.max(...widths)
    if (widest <= narrowest) break
    const next = Math.max(narrowest, ...widths.filter((each) => each < widest))
    const cut = Math.min(excess, widest - next)
    widths[widths.indexOf(widest)] = widest - cut
    excess -= cut
  }
  return widths
}

function layOut(
  row: readonly TextCell[],
  columns: readonly TextColumn[],
  widths: readonly number[],
): readonly string[] {
  const wrapped = row.map(({ text }, index) => wrap(text, widths[index]!))
  const height = Math.max(...wrapped.map((lines) => lines.length))
  return Array.from({ length: height }, (_, line) =>
    row
      .map(({ paint }, index) => {
        const text = wrapped[index]![line] ?? ''
        const filled =
          columns[index]!.numeric === true ? text.padStart(widths[index]!) : text.padEnd(widths[index]!)
        return text === '' || paint === undefined ? filled : filled.replace(text, () => paint(text))
      })
      .join(gap)
      .trimEnd(),
  )
}

/** Lines of at most `width` characters, broken at spaces where there are any. */
export function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = []
  let rest = text
  while (rest.length > width) {
    const space = rest.lastIndexOf(' ', width)
    const at = space > 0 ? space : width
    lines.push(rest.slice(0, at))
    rest = rest.slice(at).trimStart()
  }
  return [...lines, rest]
}
