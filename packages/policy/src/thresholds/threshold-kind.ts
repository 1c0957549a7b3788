import type { JudgedFinding } from '../judged-finding.ts'
import type { RuleContext, RuleKind, RuleResult, RuleSettings } from '../rules/rule-kind.ts'
import { type FindingIndex, findingIndexOf } from './finding-index.ts'
import { findLoosenings, findLooseningsByAdding } from './find-loosenings.ts'
import { selectFindings } from './select-findings.ts'
import { thresholdSchema } from './threshold.schema.ts'
import type { Threshold } from './threshold.ts'

/** Limits on how many findings of a bucket may stay. */
export const thresholdKind: RuleKind<Threshold> = {
  schema: thresholdSchema,
  loosened: findLoosenings,
  loosenedByAdding: findLooseningsByAdding,
  evaluate: evaluateThreshold,
}

function evaluateThreshold(
  threshold: Threshold & RuleSettings,
  { facts, counted, now, traced = false }: RuleContext,
): RuleResult {
  if (asksForKev(threshold) && !tellsKev(facts)) {
    return {
      outcome: 'error',
      code: 'kev-unknown',
      message: `${threshold.name}: no scanner has data of known exploitation`,
      remedy: 'use a scanner whose data tell it: the built-in one with the KEV catalogue, or Grype',
    }
  }
  const index = findingIndexOf(counted, now)
  const { counted: positions, unknown } = selectFindings(threshold, index, { traced })
  const limitsUnknown = unknown.map((position) => index.findings[position]!)
  return { ...judgeCount(threshold, positions, index), limitsUnknown }
}

const asksForKev = ({ kev }: Threshold) => kev?.some((state) => state !== 'not-listed') ?? false

/** Without data nothing is listed, which says nothing. */
function tellsKev({ scan: { reports, findings } }: RuleContext['facts']): boolean {
  return reports.some(({ tells }) => tells?.includes('kev')) || findings.some(({ kev }) => kev)
}

/** Compares a number of findings with a limit. */
function judgeCount(
  threshold: Threshold & Pick<RuleSettings, 'name'>,
  positions: readonly number[],
  index: FindingIndex,
): RuleResult {
  const { name, max } = threshold
  const count = { limit: max, actual: positions.length }
  const code = 'threshold-exceeded'
  if (positions.length <= max) {
    return { outcome: 'holds', code, message: `${name}: ${positions.length} of at most ${max}`, ...count }
  }
  const findings = positions.map((position) => index.findings[position]!)
  const assumed = describeAssumed(threshold, positions, index)
  return {
    outcome: 'broken',
    code,
    message: `${name}: ${positions.length} of at most ${max}${assumed}`,
    ...count,
    findings,
    remedy: index.upgrades.suggest(positions),
  }
}

/**
 * Limits findings of unknown severity that no threshold names to none.
 */
export function judgeUnlimitedUnknown(
  counted: readonly JudgedFinding[],
  limited: ReadonlySet<JudgedFinding>,
  now: Date,
): RuleResult | undefined {
  const index = findingIndexOf(counted, now)
  const { counted: positions } = selectFindings({ severity: ['unknown'], max: 0 }, index, { traced: true })
  const unlimited = positions.filter((position) => !limited.has(index.findings[position]!))
  if (unlimited.length === 0) return undefined
  return judgeCount({ name: implicitUnknownLimit, max: 0 }, unlimited, index)
}

/** Name of the rule for findings of unknown severity where a policy has none. */
export const implicitUnknownLimit = 'unknown severity (implicit)'

/** Says how many findings count only because something about them is not known. */
function describeAssumed(
  { age, epss }: Threshold,
  positions: readonly number[],
  index: FindingIndex,
): string {
  const parts: string[] = []
  if (age) {
    const undated = count(positions, (position) => !(index.startOf(age.since, position) <= index.now))
    if (undated > 0) parts.push(`${undated} without a usable date, which grants no grace`)
  }
  if (epss) {
    const { probability } = index.predictions
    const unscored = count(positions, (position) => Number.isNaN(probability[position]!))
    if (unscored > 0) parts.push(`${unscored} without an EPSS score`)
  }
  return parts.length === 0 ? '' : ` (${parts.join('; ')})`
}

function count(positions: readonly number[], test: (position: number) => boolean): number {
  let number = 0
  for (const position of positions) if (test(position)) number++
  return number
}
