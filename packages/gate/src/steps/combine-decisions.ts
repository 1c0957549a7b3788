import { type Digest, formatPlatform, type Platform, type Verdict } from '@sallyport/core'
import type { Decision, WaiverState } from '@sallyport/policy'

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
  }
}

function worst(verdicts: readonly Verdict[]): Verdict {
  if (verdicts.includes('error')) return 'error'
  return verdicts.includes('fail') ? 'fail' : 'pass'
}

/** A waiver counts as applied when it was applied on any platform. */
function combineWaivers(states: readonly WaiverState[]): readonly WaiverState[] {
  const byId = new Map<string, WaiverState>()
  for (const state of states) {
    if (!byId.has(state.id) || state.state === 'applied') byId.set(state.id, state)
  }
  return [...byId.values()]
}
