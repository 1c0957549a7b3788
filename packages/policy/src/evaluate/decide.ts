import type { Verdict } from '@sallyport/core'
import type { BreakGlass } from '../break-glass.ts'
import type { Decision, DecisionInputs, DecisionReason, WaiverState } from '../decision.ts'
import type { Policy } from '../document/policy.ts'
import type { EffectiveTier } from '../document/tier.ts'
import { PolicyError } from '../errors.ts'
import type { PolicyFacts } from '../facts.ts'
import type { RuleContext } from '../rules/rule-kind.ts'
import { isCounted } from '../suppression.ts'
import { compareText } from '../compare-text.ts'
import { openWaivers } from '../waivers/open-waivers.ts'
import type { WaiverFile } from '../waivers/waiver.ts'
import { applyBreakGlass } from './break-glass.ts'
import { evaluateRules } from './evaluate-rules.ts'
import { joinFindings } from './join-findings.ts'
import { matchGlob } from './match-glob.ts'

/** Options of {@link decide}. */
export interface DecideOptions {
  /** Tier whose rules judge. */
  readonly tier: string
  /** The time of the decision; expiry, ages and the age of data are measured against it. */
  readonly now: Date
  /** Exceptions, of whichever files. Default: none. */
  readonly waivers?: readonly WaiverFile[] | undefined
  /** Somebody's wish to let the image through although it fails; the tier's terms say whether that is allowed. */
  readonly breakGlass?: BreakGlass | undefined
}

/**
 * Judges one image by the written rules of a tier. A function of its arguments: the same facts, policy, waivers and time
 * give the same decision, in whatever order the facts name things.
 *
 * @throws {PolicyError} `TIER_UNKNOWN` when the policy has no such tier.
 */
export function decide(
  facts: PolicyFacts,
  policy: Policy,
  { tier: tierName, now, waivers: files = [], breakGlass: wish }: DecideOptions,
): Decision {
  const tier = policy.tiers.get(tierName)
  if (!tier) {
    const known = [...policy.tiers.keys()].join(', ')
    throw new PolicyError('TIER_UNKNOWN', `${policy.source}: no tier "${tierName}"; there are: ${known}`)
  }

  const { subject, sourceDigest = subject, destination } = facts
  const image = { digests: [subject, sourceDigest], repository: repositoryOf(destination) }
  const book = openWaivers(files, { tier, tiers: policy.tiers.keys(), now, image })
  const findings = joinFindings(facts, book, now)
  const context: RuleContext = {
    facts,
    findings,
    counted: findings.filter(isCounted),
    now,
    tier: tierName,
    traced: isTraced(facts, tier),
    acceptedGap: (code) => acceptGap(code, destination, tier),
  }
  const { rules, reasons: judged } = evaluateRules(tier, context)
  const waivers = book.states()
  const verdict = toVerdict(judged)
  const broken = wish && applyBreakGlass(verdict, wish, { terms: tier.breakGlass, now })
  return {
    schema: 'https://sallyport.dev/schemas/decision/v1',
    verdict: broken?.verdict ?? verdict,
    subject,
    destination,
    tier: tierName,
    policy: { source: policy.source, digest: policy.digest },
    evaluatedAt: now.toISOString(),
    ...(broken?.breakGlass && { breakGlass: broken.breakGlass }),
    reasons: [...judged, ...(broken?.reasons ?? []), ...explainWaivers(waivers), ...explainNotes(facts)],
    rules,
    findings,
    waivers,
    inputs: describeInputs(facts, policy, files),
  }
}

/** `registry:5000/repository` of `registry:5000/repository:tag@digest`. */
function repositoryOf(destination: string): string {
  const [name = ''] = destination.split('@')
  const colon = name.indexOf(':', name.lastIndexOf('/') + 1)
  return colon === -1 ? name : name.slice(0, colon)
}

/** "Not executed" counts only where recordings are as complete as the tier asks for, and nobody says otherwise. */
function isTraced({ traced, traceCoverage }: PolicyFacts, tier: EffectiveTier): boolean {
  const coverage = traceCoverage ?? (traced === true ? 'complete' : 'none')
  return (
    (coverage === 'complete' && traced !== false) ||
    (coverage === 'partial' && tier.traceCoverage === 'partial')
  )
}

function acceptGap(code: string, destination: string, { acceptedGaps }: EffectiveTier): string | undefined {
  return acceptedGaps.find((gap) => gap.code === code && matchGlob(gap.images, destination))?.reason
}

function toVerdict(reasons: readonly DecisionReason[]): Verdict {
  if (reasons.some(({ effect }) => effect === 'error')) return 'error'
  return reasons.some(({ effect }) => effect === 'fail') ? 'fail' : 'pass'
}

function explainWaivers(states: readonly WaiverState[]): DecisionReason[] {
  return states
    .filter(({ state, nearExpiry }) => state !== 'applied' || nearExpiry === true)
    .map(({ id, state, why, nearExpiry, expires }) => ({
      effect: 'note',
      code: nearExpiry === true && state === 'applied' ? 'waiver-near-expiry' : `waiver-${state}`,
      message: `waiver ${id} is ${state === 'applied' && nearExpiry === true ? `near its end at ${expires}` : state}${why === undefined ? '' : `: ${why}`}`,
    }))
}

function explainNotes({ notes = [] }: PolicyFacts): DecisionReason[] {
  return notes
    .map(({ code, message }): DecisionReason => ({ effect: 'note', code, message }))
    .sort(byText(({ code, message }) => `${code} ${message}`))
}

function describeInputs(facts: PolicyFacts, policy: Policy, files: readonly WaiverFile[]): DecisionInputs {
  return {
    policy: { source: policy.source, digest: policy.digest },
    waivers: files
      .map(({ source, digest }) => ({ source, digest }))
      .sort(byText(({ source, digest }) => `${source} ${digest}`)),
    scanners: facts.scan.reports
      .map(({ scanner, status, data }) => ({
        ...scanner,
        status,
        data: data
          .map(({ name, digest, updatedAt }) => ({ name, digest, updatedAt }))
          .sort(byText((one) => JSON.stringify(one))),
      }))
      .sort(byText((one) => JSON.stringify(one))),
    evidence: (facts.evidence?.verified.map(({ digest }) => digest) ?? []).sort(),
    packages: facts.inventory.packages.length,
  }
}

function byText<T>(textOf: (one: T) => string): (one: T, other: T) => number {
  return (one, other) => compareText(textOf(one), textOf(other))
}
