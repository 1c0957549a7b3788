import { type EngineName, engineNames, type Figures } from './compare-engines.ts'
import type { readExpected } from './expected-differences.ts'

type Table = Readonly<Record<string, Readonly<Record<string, Figures>>>>

/** The lines of the section "Findings" of docs/accuracy.md: the figures by image, then the differences. */
export function describeFindings(
  figures: Table,
  expected: ReturnType<typeof readExpected>,
): readonly string[] {
  const rows = Object.entries(figures).map(([image, byEngine]) => [
    image,
    String(byEngine['sallyport']?.confirmed ?? 0),
    ...engineNames.map((name: EngineName) => share(byEngine[name])),
  ])
  const differences = expected.differences.map(({ kind, said, counts, why, right }) => [
    kind,
    said.replaceAll('|', '/'),
    Object.entries(counts)
      .map(([image, count]) => `${image}: ${count}`)
      .join(', '),
    why,
    right,
  ])
  return [...rows, ...differences].map((cells) => `| ${cells.join(' | ')} |`)
}

/** Recall and precision in per cent. */
function share(figures: Figures | undefined): string {
  if (figures === undefined) return '-'
  const { confirmed, found, right } = figures
  const percent = (part: number, whole: number) =>
    whole === 0 ? '-' : `${Math.floor((1000 * part) / whole) / 10} %`
  return `${found}: ${percent(right, confirmed)}, ${percent(right, found)}`
}
