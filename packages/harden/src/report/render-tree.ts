import { styleText } from 'node:util'
import { compareSeverities } from '@sallyport/scan'
import type { HardenDocument, KeptFinding } from './harden-document.schema.ts'

/** Options of {@link renderTree}. */
export interface RenderTreeOptions {
  /** Colours of a terminal; pass `false` where `NO_COLOR` is set. Default `false`. */
  readonly color?: boolean | undefined
}

/** The report for a terminal: the three numbers, then each package with findings, its chain, and what would let it go. */
export function renderTree(
  { removed, patched, unusedButKept, packages, bytes, findings, kept, unchangedBecause }: HardenDocument,
  { color = false }: RenderTreeOptions = {},
): string {
  const paint = (format: Parameters<typeof styleText>[0], text: string) =>
    color ? styleText(format, text, { validateStream: false }) : text
  const lines: string[] = []
  if (unchangedBecause !== undefined) lines.push(paint('yellow', `unchanged: ${clean(unchangedBecause)}`))
  lines.push(
    paint('green', `removed ${removed.length} packages, ${bytes.removed} bytes`),
    paint('green', `patched ${patched.length}`),
    paint('yellow', `unused but kept ${unusedButKept.length}`),
    `packages ${packages.before} → ${packages.after}${findings ? `, findings ${findings.before} → ${findings.after}` : ''}`,
  )
  const compare = (one: KeptFinding, other: KeptFinding) => compareSeverities(other.severity, one.severity)
  const groups = [...Map.groupBy(kept, ({ purl }) => purl).values()]
    .map((list) => list.toSorted(compare))
    .sort((one, other) => compare(one[0]!, other[0]!) || (one[0]!.purl < other[0]!.purl ? -1 : 1))
  for (const [index, list] of groups.entries()) {
    const isLast = index === groups.length - 1
    const [first] = list as [KeptFinding]
    lines.push(
      `${isLast ? '└─' : '├─'} ${clean(first.package)} ${clean(first.version)} [${first.usage}] ${first.block}`,
    )
    const children = [
      ...first.chain.map(clean),
      ...list.map(({ id, severity, fix }) =>
        paint(
          severity === 'critical' || severity === 'high' ? 'red' : 'reset',
          `${clean(id)} ${severity}, ${fix}`,
        ),
      ),
      `let go by: ${first.remedies.map(clean).join(', or ')}`,
    ]
    for (const [at, child] of children.entries())
      lines.push(`${isLast ? '  ' : '│ '} ${at === children.length - 1 ? '└─' : '├─'} ${child}`)
  }
  return `${lines.join('\n')}\n`
}

/** Names come from the image: they must not steer the terminal. */
// oxlint-disable-next-line no-control-regex
const clean = (text: string) => text.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '\ufffd')
