import type { Digest, Verdict } from '@sallyport/core'
import type { Decision, DecisionReason } from '../decision.ts'
import type { Policy } from '../document/policy.ts'
import { PolicyError } from '../errors.ts'
import { decide } from '../evaluate/decide.ts'
import type { StoredFacts } from './stored-facts.ts'

/** What a policy says of an image, in short. */
export interface DecisionSide {
  /** `none` when the policy could not decide at all, e.g. because it has no such tier. */
  readonly verdict: Verdict | 'none'
  /** Reasons that the other side does not have, notes left out. */
  readonly reasons: readonly Pick<DecisionReason, 'effect' | 'code' | 'rule' | 'message'>[]
}

/** A decision that comes out otherwise under the other policy. */
export interface DecisionChange {
  /** Destination of the image. */
  readonly destination: string
  /** Image that the decision is about. */
  readonly subject: Digest
  /** Tier whose rules judged it. */
  readonly tier: string
  /** When it was judged, in ISO 8601; both policies are asked for that time. */
  readonly evaluatedAt: string
  /** `looser`: what did not pass would pass. `tighter`: what passed would not. `same`: the verdict stays, for other reasons. */
  readonly kind: 'looser' | 'tighter' | 'other' | 'same'
  /** Under the policy as it was. */
  readonly before: DecisionSide
  /** Under the policy as it would be. */
  readonly after: DecisionSide
}

/** How a change of the policy would have changed decisions. */
export interface PolicyDiff {
  /** The policy as it was. */
  readonly before: { readonly source: string; readonly digest: Digest }
  /** The policy as it would be. */
  readonly after: { readonly source: string; readonly digest: Digest }
  /** How many decisions were made again. */
  readonly compared: number
  /** How many of them came out the same. */
  readonly unchanged: number
  /** In the order of the facts; `same` ones as well. */
  readonly changes: readonly DecisionChange[]
}

/** Decides again, with both policies, what earlier decisions were made of, each at its own time and with its waivers. */
export function diffPolicies(before: Policy, after: Policy, stored: readonly StoredFacts[]): PolicyDiff {
  const changes = stored.flatMap((one): DecisionChange[] => {
    const [old, fresh] = [judge(one, before), judge(one, after)]
    const kind = compareVerdicts(old.verdict, fresh.verdict)
    const removed = difference(old.reasons, fresh.reasons)
    const added = difference(fresh.reasons, old.reasons)
    if (kind === 'same' && removed.length + added.length === 0) return []
    const { tier, evaluatedAt } = one
    const { destination, subject } = one.facts
    return [
      {
        destination,
        subject,
        tier,
        evaluatedAt,
        kind,
        before: { verdict: old.verdict, reasons: removed },
        after: { verdict: fresh.verdict, reasons: added },
      },
    ]
  })
  const named = ({ source, digest }: Policy) => ({ source, digest })
  return {
    before: named(before),
    after: named(after),
    compared: stored.length,
    unchanged: stored.length - changes.length,
    changes,
  }
}

type Judged = Pick<Decision, 'reasons'> & { readonly verdict: Verdict | 'none' }

function judge({ facts, tier, evaluatedAt, waivers, breakGlass }: StoredFacts, policy: Policy): Judged {
  try {
    return decide(facts, policy, { tier, now: new Date(evaluatedAt), waivers, breakGlass })
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error
    return { verdict: 'none', reasons: [{ effect: 'error', code: error.code, message: error.message }] }
  }
}

function compareVerdicts(before: Judged['verdict'], after: Judged['verdict']): DecisionChange['kind'] {
  if (before === after) return 'same'
  if (after === 'pass') return 'looser'
  return before === 'pass' ? 'tighter' : 'other'
}

function difference(
  ours: readonly DecisionReason[],
  theirs: readonly DecisionReason[],
): DecisionSide['reasons'] {
  const keyOf = ({ effect, code, rule, message }: DecisionReason) =>
    JSON.stringify([effect, code, rule, message])
  const known = new Set(theirs.map(keyOf))
  return ours
    .filter((reason) => reason.effect !== 'note' && !known.has(keyOf(reason)))
    .map(({ effect, code, rule, message }) => ({ effect, code, rule, message }))
}
