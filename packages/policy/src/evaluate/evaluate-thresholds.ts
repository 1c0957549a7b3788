import type { DecisionReason, EvaluatedRule } from '../decision.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import type { Threshold } from '../document/policy.ts'

/** What the thresholds of a tier say. */
export interface ThresholdResult {
  readonly rules: readonly EvaluatedRule[]
  readonly reasons: readonly DecisionReason[]
}

/**
 * Counts findings against each threshold. Without a complete trace nobody knows what is executed or loaded, so a
 * rule for these counts what is `linked` or `possible` too. Findings of unknown severity that no rule limits are
 * limited to 0.
 */
export function evaluateThresholds(
  findings: readonly JudgedFinding[],
  thresholds: readonly Threshold[],
  { traced }: { readonly traced: boolean },
): ThresholdResult {
  const rules: EvaluatedRule[] = []
  const reasons: DecisionReason[] = []
  const counted = findings.filter(
    ({ waivedBy, suppressed }) => !waivedBy && (!suppressed || suppressed.kind === 'scanner'),
  )
  const limited = new Set<JudgedFinding>()
  const judge = (threshold: Pick<Threshold, 'name' | 'max'>, matching: readonly JudgedFinding[]) => {
    const holds = matching.length <= threshold.max
    rules.push({
      rule: threshold.name,
      kind: 'threshold',
      mode: 'enforce',
      limit: threshold.max,
      actual: matching.length,
      holds,
    })
    if (holds) return
    reasons.push({
      effect: 'fail',
      code: 'threshold-exceeded',
      rule: threshold.name,
      message: `${threshold.name}: ${matching.length} of at most ${threshold.max}`,
      limit: threshold.max,
      actual: matching.length,
      findings: matching,
      remedy: suggestRemedy(matching),
    })
  }
  for (const threshold of thresholds) {
    const matching = counted.filter((finding) => matches(finding, threshold, traced))
    // what a rule names as an exception, it has judged too
    for (const finding of matching) limited.add(finding)
    judge(
      threshold,
      matching.filter(({ note }) => note === undefined || threshold.except?.includes(note) !== true),
    )
  }
  if (thresholds.length > 0) {
    const unlimited = counted.filter((finding) => finding.severity === 'unknown' && !limited.has(finding))
    if (unlimited.length > 0) judge({ name: 'unknown severity (implicit)', max: 0 }, unlimited)
  }
  return { rules, reasons }
}

function matches(finding: JudgedFinding, { severity, usage, fix }: Threshold, traced: boolean): boolean {
  if (severity && !severity.includes(finding.severity)) return false
  if (fix && !fix.includes(finding.fix.state)) return false
  if (!usage || usage.includes(finding.usage)) return true
  const mayRun = !traced && (finding.usage === 'linked' || finding.usage === 'possible')
  return mayRun && (usage.includes('executed') || usage.includes('loaded'))
}

function suggestRemedy(findings: readonly JudgedFinding[]): string {
  const fixable = findings.filter(({ fix }) => fix.state === 'fixed' && fix.versions.length > 0)
  const steps: string[] = []
  if (fixable.length > 0) {
    const upgrades = new Map(fixable.map((finding) => [finding.package, finding.fix.versions.at(-1)]))
    steps.push(`upgrade ${[...upgrades].map(([name, version]) => `${name} to ${version}`).join(', ')}`)
  }
  if (fixable.length < findings.length) {
    const names = [
      ...new Set(findings.filter((finding) => !fixable.includes(finding)).map(({ package: name }) => name)),
    ]
    steps.push(
      `for ${names.join(', ')} no fix is known: do without it, or add a waiver with a reason and an expiry`,
    )
  }
  return steps.join('; ')
}
