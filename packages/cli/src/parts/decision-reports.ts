import { extname } from 'node:path'
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

/** Writes the reports that were asked for. */
export async function writeDecisionReports(
  decision: Decision,
  { settings, signal }: RunContext,
): Promise<void> {
  const files = reportFiles(settings, decisionReports)
  if (files.length === 0) return
  const report = await import('@sallyport/policy/report')
  for (const { file, kind } of files) await writeOutput(file, report[renderers[kind]](decision), { signal })
}

/** The reports in a program, of the constant `decision`. */
export function codeDecisionReports(program: Program, settings: Settings, indent = ''): void {
  for (const { file, kind } of reportFiles(settings, decisionReports)) {
    program.use('node:fs/promises', 'writeFile').use('@sallyport/policy/report', renderers[kind])
    program.line(`${indent}await writeFile(${literal(file)}, ${renderers[kind]}(decision))`)
  }
}
