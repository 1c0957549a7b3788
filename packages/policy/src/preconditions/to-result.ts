import type { RuleResult } from '../rules/rule-kind.ts'

/** Most faults that a message writes out; the offenders of a result name them all. */
const mostShown = 5

/** A precondition that holds when there is no fault, and can't be answered when there is one. */
export function toResult(
  faults: readonly string[],
  { code, holds, remedy }: { readonly code: string; readonly holds: string; readonly remedy: string },
): RuleResult {
  if (faults.length === 0) return { outcome: 'holds', code, message: holds }
  // which of several comes first must not hang on the order of what was given
  const offenders = [...new Set(faults)].sort()
  const shown = offenders.slice(0, mostShown).join('; ')
  const rest = offenders.length - mostShown
  return {
    outcome: 'error',
    code,
    message: rest > 0 ? `${shown}; and ${rest} more` : shown,
    offenders,
    remedy,
  }
}
