import type { Verdict } from '@sallyport/core'
import type { Decision, DecisionReason, WaiverState } from '../decision.ts'
import type { Policy } from '../document/policy.ts'
import { PolicyError } from '../errors.ts'
import type { PolicyFacts } from '../facts.ts'
import { checkCoverage } from './check-coverage.ts'
import { evaluateThresholds } from './evaluate-thresholds.ts'
import { judgeFindings } from './judge-findings.ts'
import { openWaivers } from './match-waivers.ts'

/** Options of {@link decide}. */
export interface DecideOptions {
  readonly tier: string
  /** The time of the decision; expiry and data age are measured against it. */
  readonly now: Date
}

/**
 * Judges one image by the written thresholds of a tier. A function of its arguments: the same facts, policy and time
 * give the same decision.
 *
 * @throws {PolicyError} `TIER_UNKNOWN` when the policy has no such tier.
 */
export function decide(facts: PolicyFacts, policy: Policy, { tier: tierName, now }: DecideOptions): Decision {
  const tier = policy.tiers.get(tierName)
  if (!tier) {
    const known = [...policy.tiers.keys()].join(', ')
    throw new PolicyError('TIER_UNKNOWN', `${policy.source}: no tier "${tierName}"; there are: ${known}`)
  }

  const waivers = openWaivers(policy.waivers, tierName, now)
  const findings = judgeFindings(facts, waivers)
  const { rules, reasons: exceeded } = evaluateThresholds(findings, tier.thresholds, {
    traced: facts.traced ?? false,
  })
  const waiverStates = waivers.states()
  const reasons: DecisionReason[] = [
    ...checkCoverage(facts, tier, now),
    ...exceeded,
    ...explainWaivers(waiverStates),
    ...(facts.notes ?? []).map(({ code, message }): DecisionReason => ({ effect: 'note', code, message })),
  ]
  if (rules.length === 0) {
    reasons.push({ effect: 'error', code: 'no-rule-evaluated', message: `tier ${tierName} has no threshold` })
  }

  return {
    schema: 'https://sallyport.dev/schemas/decision/v1',
    verdict: toVerdict(reasons),
    subject: facts.subject,
    destination: facts.destination,
    tier: tierName,
    policy: { source: policy.source, digest: policy.digest },
    evaluatedAt: now.toISOString(),
    reasons,
    rules,
    findings,
    waivers: waiverStates,
    inputs: {
      policy: { source: policy.source, digest: policy.digest },
      waivers: [],
      scanners: facts.scan.reports.map(({ scanner, status, data }) => ({
        ...scanner,
        status,
        data: data.map(({ name, digest, updatedAt }) => ({ name, digest, updatedAt })),
      })),
      evidence: facts.evidence?.verified.map(({ digest }) => digest) ?? [],
      packages: facts.inventory.packages.length,
    },
  }
}

function toVerdict(reasons: readonly DecisionReason[]): Verdict {
  if (reasons.some(({ effect }) => effect === 'error')) return 'error'
  return reasons.some(({ effect }) => effect === 'fail') ? 'fail' : 'pass'
}

function explainWaivers(states: readonly WaiverState[]): DecisionReason[] {
  return states
    .filter(({ state }) => state !== 'applied')
    .map(({ id, state, expires }) =>
      state === 'expired'
        ? {
            effect: 'note',
            code: 'waiver-expired',
            message: `waiver ${id} expired on ${expires} and is not applied`,
          }
        : { effect: 'note', code: 'waiver-unused', message: `waiver ${id} matches no finding` },
    )
}
