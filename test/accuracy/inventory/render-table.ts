import { readFile } from 'node:fs/promises'
import { explanations } from './explain-differences.ts'

/** The page that tells the differences to readers. */
export const page = new URL('../../../docs/accuracy.md', import.meta.url)

const start = '<!-- differences.json: start, written by test/accuracy/update-docs.ts -->\n'
const end = '<!-- differences.json: end -->'
const names = { ours: 'ours', syft: 'Syft', trivy: 'Trivy' } as const
const verdicts = { ours: 'ours', theirs: 'theirs', both: 'both defensible' } as const

/** The page as it stands, and as it should with the table in it. */
export async function renderPage(): Promise<{ readonly actual: string; readonly expected: string }> {
  const actual = await readFile(page, 'utf8')
  const from = actual.indexOf(start)
  const to = actual.indexOf(end)
  if (from < 0 || to < from) throw new Error(`no place for the table in ${page.pathname}`)
  const expected = `${actual.slice(0, from)}${start}\n${renderTable()}\n${actual.slice(to)}`
  return { actual, expected }
}

function renderTable(): string {
  const ecosystems = [...new Set(explanations.map(({ ecosystem }) => ecosystem))].sort()
  return ecosystems
    .map((ecosystem) => {
      const rows = explanations
        .filter((one) => one.ecosystem === ecosystem)
        .map(
          ({ packages, sample, lacks, right, why }) =>
            `| ${packages.map(toCode).join(', ')} | ${sample === undefined ? 'any' : toCode(sample)} | ${lacks.map((tool) => names[tool]).join(', ')} | ${verdicts[right]} | ${escapeCell(why)} |`,
        )
      return [
        `#### ${ecosystem}`,
        '',
        '| package | sample | lacking in | right | why |',
        '| --- | --- | --- | --- | --- |',
        ...rows,
        '',
      ].join('\n')
    })
    .join('\n')
}

const toCode = (text: string) => `\`${escapeCell(text)}\``
const escapeCell = (text: string) => text.replaceAll('|', String.raw`\|`)
