import { formatPlatform } from '@sallyport/core'
import { type Decision, formatChain, type JudgedFinding } from '@sallyport/policy'
import { compareSeverities } from '@sallyport/scan/compare'
import type { QuarantinedFinding } from '../ports/quarantine-store.ts'
import type { PlatformSummary } from '../promote/platform-summary.ts'

interface Blocking {
  readonly finding: JudgedFinding
  readonly rules: Set<string>
  readonly platforms: Set<string>
}

/** The findings that break an enforced rule, each once, the worst first. */
export function blockingFindings(
  decision: Decision,
  platforms: readonly Pick<PlatformSummary, 'platform' | 'decision'>[],
): readonly QuarantinedFinding[] {
  const blocking = new Map<string, Blocking>()
  const collect = ({ reasons }: Decision, platform?: string): void => {
    for (const { effect, rule, code, findings = [] } of reasons) {
      if (effect !== 'fail') continue
      for (const finding of findings) {
        const key = JSON.stringify([finding.id, finding.purl])
        const known = blocking.get(key) ?? { finding, rules: new Set<string>(), platforms: new Set<string>() }
        blocking.set(key, known)
        known.rules.add(rule ?? code)
        if (platform !== undefined) known.platforms.add(platform)
      }
    }
  }
  for (const summary of platforms) collect(summary.decision, formatPlatform(summary.platform))
  collect(decision)
  return [...blocking.values()].map(toQuarantined).sort(byWeight)
}

function toQuarantined({ finding, rules, platforms }: Blocking): QuarantinedFinding {
  const { id, aliases, purl, severity, fix, kev, chain, keptBy } = finding
  const why = chain.length > 0 ? formatChain(chain) : keptBy
  return {
    id,
    aliases,
    purl,
    severity,
    fix: { state: fix.state, ...(fix.suggested !== undefined && { suggested: fix.suggested }) },
    kev: kev !== undefined,
    rules: [...rules],
    platforms: [...platforms],
    ...(why !== undefined && { why }),
  }
}

function byWeight(one: QuarantinedFinding, other: QuarantinedFinding): number {
  return (
    Number(other.kev) - Number(one.kev) ||
    compareSeverities(other.severity, one.severity) ||
    compare(one.id, other.id) ||
    compare(one.purl, other.purl)
  )
}

/** By code units: the same everywhere. */
function compare(one: string, other: string): number {
  return one < other ? -1 : one > other ? 1 : 0
}
