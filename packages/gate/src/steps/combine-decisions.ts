import { type Digest, formatPlatform, type Platform, type Verdict } from '@sallyport/core'
import type { Decision, DecisionInputs, WaiverState } from '@sallyport/policy'

/**
 * The decision about an index: that of its platforms together. It passes only if there is at least one platform and
 * each of them passes.
 */
export function combineDecisions(
  subject: Digest,
  decisions: readonly { readonly platform: Platform; readonly decision: Decision }[],
): Decision {
  const [first] = decisions
  if (!first) throw new TypeError('an index without a platform has no decision')
  const prefixed = <T>(
    entries: (decision: Decision) => readonly T[],
    prefix: (entry: T, platform: string) => T,
  ) =>
    decisions.flatMap(({ platform, decision }) =>
      entries(decision).map((entry) => prefix(entry, formatPlatform(platform))),
    )
  return {
    ...first.decision,
    verdict: worst(decisions.map(({ decision }) => decision.verdict)),
    subject,
    reasons: prefixed(
      ({ reasons }) => reasons,
      (reason, platform) => ({ ...reason, message: `${platform}: ${reason.message}` }),
    ),
    rules: prefixed(
      ({ rules }) => rules,
      (rule, platform) => ({ ...rule, rule: `${platform}: ${rule.rule}` }),
    ),
    findings: decisions.flatMap(({ decision }) => decision.findings),
    waivers: combineWaivers(decisions.flatMap(({ decision }) => decision.waivers)),
    breakGlass: combineBreakGlass(decisions.map(({ decision }) => decision)),
    inputs: combineInputs(decisions.map(({ decision }) => decision.inputs)),
  }
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('error')) return 'error'
  return verdicts.includes('fail') ? 'fail' : 'pass'
}

/** The better known a state of a waiver is, the later: what holds on one platform holds for the index. */
const waiverOrder: readonly WaiverState['state'][] = [
  'unused',
  'shadowed',
  'too-wide',
  'expired',
  'void',
  'applied',
]

/** A waiver counts as applied when it was on any platform, and takes all of their findings out of the count. */
function combineWaivers(states: readonly WaiverState[]): readonly WaiverState[] {
  const byId = new Map<string, WaiverState>()
  for (const state of states) {
    const known = byId.get(state.id)
    const isBetter = !known || waiverOrder.indexOf(state.state) > waiverOrder.indexOf(known.state)
    const findings = state.findings + (known?.findings ?? 0)
    byId.set(state.id, { ...(isBetter ? state : known), findings })
  }
  return [...byId.values()]
}

/** Somebody let the index through when they let any platform through; needed where it was on any. */
function combineBreakGlass(decisions: readonly Decision[]): Decision['breakGlass'] {
  const given = decisions.flatMap(({ breakGlass }) => breakGlass ?? [])
  return given.find(({ needed }) => needed) ?? given[0]
}

/** All that any platform's decision rests on, each thing once; packages of all of them. */
function combineInputs(inputs: readonly DecisionInputs[]): DecisionInputs {
  return {
    policy: inputs[0]!.policy,
    waivers: unique(inputs.flatMap(({ waivers }) => waivers)),
    scanners: unique(inputs.flatMap(({ scanners }) => scanners)),
    evidence: unique(inputs.flatMap(({ evidence }) => evidence)),
    packages: inputs.reduce((sum, { packages }) => sum + packages, 0),
  }
}

const unique = <T>(values: readonly T[]): readonly T[] => [
  ...new Map(values.map((value) => [JSON.stringify(value), value])).values(),
]
