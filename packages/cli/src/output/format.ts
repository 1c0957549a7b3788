import { formatCount } from '@sallyport/core'
import { printable } from './progress.ts'

/** Rows with columns of equal width; the last one is as long as it is. */
export function formatRows(rows: readonly (readonly string[])[]): string {
  const shown = rows.map((row) => row.map(printable))
  const widths = (shown[0] ?? []).map((_, column) =>
    Math.max(...shown.map((row) => row[column]?.length ?? 0)),
  )
  return shown
    .map((row) =>
      row
        .map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0)))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** Lines of which nothing steers a terminal: in them are names from registries. Colours of our own stay. */
export const printableLines = (text: string): string =>
  text
    .split(/(\n|\p{Cc}\[(?:0|1|2|22|39|(?:1;)?3[1-6])m)/u)
    .map((part, index) =>
      index % 2 === 1 && (part === '\n' || part.startsWith('\u001b')) ? part : printable(part),
    )
    .join('')

/** `3 days`, `5 hours`, `12 minutes`. */
export function formatAge(ms: number): string {
  for (const [unit, size] of [
    ['day', 86_400_000],
    ['hour', 3_600_000],
    ['minute', 60_000],
  ] as const)
    if (ms >= size) return formatCount(Math.floor(ms / size), unit)
  return formatCount(Math.max(Math.round(ms / 1000), 0), 'second')
}

const codes = { red: 31, green: 32, yellow: 33, bold: 1, dim: 2 } as const

/** Colours a text for a terminal, or leaves it alone. */
export const paint = (isColored: boolean, color: keyof typeof codes, text: string): string =>
  isColored ? `\u001b[${codes[color]}m${text}\u001b[0m` : text
