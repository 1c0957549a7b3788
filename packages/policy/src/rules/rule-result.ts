import type { RuleResult } from './rule-kind.ts'

/** How many of what breaks a rule are named; `actual` tells how many there are. */
const maxOffenders = 100

/** The rule holds. */
export function holds(message: string, extra: Partial<RuleResult> = {}): RuleResult {
  return { outcome: 'holds', code: 'holds', message, ...extra }
}

/** The rule is broken. Of offenders, sorted and each once, the first {@link maxOffenders} are named. */
export function broken(code: string, message: string, extra: Partial<RuleResult> = {}): RuleResult {
  const offenders = extra.offenders && [...new Set(extra.offenders)].toSorted()
  return {
    outcome: 'broken',
    code,
    message,
    ...extra,
    ...(offenders && {
      actual: extra.actual ?? offenders.length,
      offenders: offenders.slice(0, maxOffenders),
    }),
  }
}

/** The rule can't be answered. */
export function unanswered(code: string, message: string): RuleResult {
  return { outcome: 'error', code, message }
}
