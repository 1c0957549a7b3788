import { extname } from 'node:path'
import type { PromotionOutcome } from '@sallyport/gate'
import type { Decision } from '@sallyport/policy'
import type { RunContext } from '../command.ts'
import { CliError } from '../errors.ts'
import { writeOutput } from '../output/write-output.ts'
import { literal, type Program } from '../program/program.ts'
import type { Settings } from '../settings/settings.ts'

/** Kinds of reports about a decision. */
export const decisionReports = ['.md', '.html', '.json', '.sarif'] as const

const renderers = {
  '.md': 'renderMarkdown',
  '.html': 'renderHtml',
  '.json': 'renderJson',
  '.sarif': 'renderSarif',
} as const

/** The files of `--report`, each with its kind; before any work is done. */
export function reportFiles<Kind extends string>(
  settings: Settings,
  kinds: readonly Kind[],
): readonly { readonly file: string; readonly kind: Kind }[] {
  return settings.list('report').map((file) => {
    const kind = kinds.find((each) => each === extname(file))
    if (kind) return { file, kind }
    throw new CliError('OPTION_INVALID', `--report ${file}: the name ends in ${kinds.join(', ')}`)
  })
}

/** Writes the reports that were asked for; with what was there before hardening where `platforms` tells it. */
export async function writeDecisionReports(
  decision: Decision,
  { settings, signal }: RunContext,
  platforms: PromotionOutcome['platforms'] = [],
): Promise<void> {
  const files = reportFiles(settings, decisionReports)
  if (files.length === 0) return
  const report = await import('@sallyport/policy/report')
  const origin =
    platforms.length === 0 ? undefined : (await import('@sallyport/gate/report')).findingsOrigin(platforms)
  const render = (kind: (typeof decisionReports)[number]) =>
    kind === '.html' ? report.renderHtml(decision, { origin }) : report[renderers[kind]](decision)
  for (const { file, kind } of files) await writeOutput(file, render(kind), { signal })
}

/** The reports in a program, of the constant `decision`, and of `platforms` where there is one. */
export function codeDecisionReports(
  program: Program,
  settings: Settings,
  { indent = '', hasPlatforms = false }: { readonly indent?: string; readonly hasPlatforms?: boolean } = {},
): void {
  for (const { file, kind } of reportFiles(settings, decisionReports)) {
    program.use('node:fs/promises', 'writeFile').use('@sallyport/policy/report', renderers[kind])
    const isWhole = kind === '.html' && hasPlatforms
    if (isWhole) program.use('@sallyport/gate/report', 'findingsOrigin')
    const options = isWhole ? ', { origin: findingsOrigin(platforms) }' : ''
    program.line(`${indent}await writeFile(${literal(file)}, ${renderers[kind]}(decision${options}))`)
  }
}
