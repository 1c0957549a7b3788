import { canonicalJson } from '@sallyport/core'
import { count } from '../explain/outline-decision.ts'
import { visibleText } from '../explain/visible-text.ts'
import type { CoveredRule } from './measure-coverage.ts'
import type { PolicyCasesReport } from './run-policy-cases.ts'

/** In which form to write: `text` for a terminal, `json` (canonical) for programs. */
export interface RenderOptions {
  /** Default `text`. */
  readonly format?: 'text' | 'json' | undefined
}

/** Writes how a table of cases ended: failures with what was expected and what came, then what was never tried. */
export function renderPolicyCases(
  report: PolicyCasesReport,
  { format = 'text' }: RenderOptions = {},
): string {
  const { passed, failed, results, coverage } = report
  if (format === 'json') {
    return canonicalJson({
      ...report,
      results: results.map(({ decision, ...result }) => ({ ...result, verdict: decision?.verdict })),
    })
  }
  const lines: string[] = []
  for (const { name, tier, differences, decision } of results.filter((result) => !result.passed)) {
    lines.push(`✗ ${visibleText(name)} (${visibleText(tier)})`)
    for (const { what, expected, actual } of differences) {
      lines.push(
        `    ${visibleText(what)}`,
        `      - ${visibleText(expected)}`,
        `      + ${visibleText(actual)}`,
      )
    }
    for (const { effect, message } of (decision?.reasons ?? []).filter(({ effect }) => effect !== 'note')) {
      lines.push(`    ${effect}: ${visibleText(message)}`)
    }
  }
  lines.push(`${count(results.length, 'case')}, ${passed} passed, ${failed} failed`)
  const rules = (title: string, list: readonly CoveredRule[]) => {
    if (list.length > 0) {
      lines.push(`${title}:`, ...list.map(({ tier, rule }) => `  ${visibleText(tier)}: ${visibleText(rule)}`))
    }
  }
  rules('Rules that no case broke', coverage.neverBroken)
  rules('Rules that held in no case', coverage.neverHeld)
  if (coverage.tiersWithoutCase.length > 0) {
    lines.push(
      `Tiers without a case: ${coverage.tiersWithoutCase.map((name) => visibleText(name)).join(', ')}`,
    )
  }
  if (coverage.waiversNeverApplied.length > 0) {
    lines.push(
      `Waivers that no case applied: ${coverage.waiversNeverApplied.map((id) => visibleText(id)).join(', ')}`,
    )
  }
  return lines.join('\n')
}
