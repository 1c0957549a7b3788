import type { AdmissionGround, AdmissionReason, AdmissionVerdict } from '../decision.ts'
import type { CompiledRule } from '../policy/compiled-rule.ts'
import type { Finding } from '../verify/verification-desk.ts'

/** How an image fares by one rule. */
export interface RuleOutcome {
  readonly rule: CompiledRule
  readonly verdict: AdmissionVerdict
  readonly reasons: readonly AdmissionReason[]
  readonly finding?: Finding | undefined
}

/** How it fares by all of them. */
export interface CombinedOutcome {
  readonly verdict: AdmissionVerdict
  readonly admitted: boolean
  readonly ground: AdmissionGround
  readonly reasons: readonly AdmissionReason[]
  /** Of rules that only warn. */
  readonly warnings: readonly string[]
  /** Whether a rule passed, so that the digest is one that was verified. */
  readonly isVerified: boolean
}

/** Every rule must pass; which one does not, and its mode, decides what that means. No rule at all is no pass. */
export function combineOutcomes(outcomes: readonly RuleOutcome[]): CombinedOutcome {
  const grounds = outcomes.map(groundOf)
  const ground = order.find((each) => grounds.includes(each)) ?? 'refused'
  return {
    verdict: verdictOf(outcomes),
    admitted: ground !== 'refused',
    ground,
    reasons: outcomes.flatMap(({ rule, reasons }) =>
      reasons.map((reason) => ({ ...reason, rule: rule.name })),
    ),
    warnings: outcomes.flatMap(({ rule, verdict, reasons }) =>
      rule.mode === 'warn' && verdict !== 'allow'
        ? reasons.map(({ code, message }) => `${rule.name}: ${code}: ${message}`)
        : [],
    ),
    isVerified: outcomes.some(({ verdict }) => verdict === 'allow'),
  }
}

/** The worst first. */
const order: readonly AdmissionGround[] = ['refused', 'error-policy', 'not-enforced', 'passed']

function groundOf({ rule, verdict }: RuleOutcome): AdmissionGround {
  if (verdict === 'allow') return 'passed'
  if (rule.mode !== 'enforce') return 'not-enforced'
  return verdict === 'error' && rule.onError === 'allow' ? 'error-policy' : 'refused'
}

function verdictOf(outcomes: readonly RuleOutcome[]): AdmissionVerdict {
  if (outcomes.some(({ verdict }) => verdict === 'deny')) return 'deny'
  return outcomes.length > 0 && outcomes.every(({ verdict }) => verdict === 'allow') ? 'allow' : 'error'
}
