import { explainFinding } from './explain-finding.ts'
import type { HardenDocument } from './harden-document.schema.ts'

/** Options of {@link renderMarkdown}. */
export interface RenderMarkdownOptions {
  /** Most findings that are explained one by one. Default 100. */
  readonly maxFindings?: number | undefined
}

/** The report for a person, as Markdown. */
export function renderMarkdown(
  {
    image,
    mode,
    unchangedBecause,
    removed,
    patched,
    unusedButKept,
    packages,
    bytes,
    findings,
    kept,
    invariants,
  }: HardenDocument,
  { maxFindings = 100 }: RenderMarkdownOptions = {},
): string {
  const lines = [
    `# Hardening of ${image.before}`,
    '',
    unchangedBecause === undefined
      ? `Result: ${image.after ?? 'unchanged'}, mode ${mode}.`
      : `Unchanged: ${escape(unchangedBecause)}.`,
    '',
    '| what | number |',
    '| --- | --- |',
    `| packages removed | ${removed.length} (${bytes.removed} bytes) |`,
    `| packages patched | ${patched.length} |`,
    `| packages unused but kept | ${unusedButKept.length} |`,
    `| packages | ${packages.before} → ${packages.after} |`,
  ]
  if (bytes.before !== undefined && bytes.after !== undefined)
    lines.push(`| bytes of layers | ${bytes.before} → ${bytes.after} |`)
  if (findings) {
    const { gone } = findings
    lines.push(
      `| findings | ${findings.before} → ${findings.after} |`,
      `| gone by removal, by patch, unexplained | ${gone.removed}, ${gone.patched}, ${gone.unexplained} |`,
      `| new | ${findings.added} |`,
    )
    if (findings.control !== undefined)
      lines.push(`| findings of the control (rewritten, unchanged) | ${findings.control} |`)
  }
  const broken = invariants.filter(({ holds }) => !holds).map(({ id }) => id)
  lines.push(
    `| invariants | ${invariants.length} checked, ${broken.length === 0 ? 'all hold' : `broken: ${broken.join(', ')}`} |`,
  )
  const list = (title: string, items: readonly string[]) => {
    if (items.length > 0) lines.push('', `## ${title}`, '', ...items.map((item) => `- ${escape(item)}`))
  }
  list(
    'Removed',
    removed.map(
      ({ name, version, bytes: size, files }) => `${name} ${version}: ${files} files, ${size} bytes`,
    ),
  )
  list(
    'Patched',
    patched.map(({ name, from, to }) => `${name} ${from} → ${to}`),
  )
  list(
    'Unused but kept',
    unusedButKept.map(({ purl, because }) => `${purl}: ${because}`),
  )
  list('Findings that stay', kept.slice(0, maxFindings).map(explainFinding))
  if (kept.length > maxFindings) lines.push('', `And ${kept.length - maxFindings} more.`)
  return `${lines.join('\n')}\n`
}

/** Names come from the image: they must not become markup. */
const escape = (text: string) =>
  // oxlint-disable-next-line no-control-regex
  text.replaceAll(/[\u0000-\u001f\u007f]/g, ' ').replaceAll(/[\\`*_{}[\]<>|#]/g, String.raw`\$&`)
