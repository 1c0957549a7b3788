import type { Severity } from '@sallyport/scan'
import type { Decision } from '../decision.ts'
import type { JudgedFinding } from '../judged-finding.ts'
import { isCounted } from '../suppression.ts'
import { severities } from '../explain/group-findings.ts'

/** How many findings there are of each severity; one that is absent has none. */
export type SeverityCounts = Readonly<Partial<Record<Severity, number>>>

/** What became of the findings before the image that was judged: what a decision itself does not know. */
export interface FindingsOrigin {
  /** Found by the first scan, before hardening. */
  readonly before: SeverityCounts
  /** Gone with their packages. */
  readonly removed: number
  /** Gone with the version of their packages. */
  readonly patched: number
  /** Gone although their packages stayed. */
  readonly vanished: number
}

/** What a finding of the judged image comes to. */
export type JudgedFate =
  | 'breaks a rule'
  | 'counted'
  | 'set aside by VEX'
  | 'ignored by an imported rule'
  | 'waived'

/** Where a finding of the first scan went. */
export type FindingFate =
  | JudgedFate
  | 'removed with its package'
  | 'patched'
  | 'vanished'
  | 'not accounted for'

/** What became of all findings; the fates add up to `first` and `added`. */
export interface FindingFates {
  /** Found by the first scan; of a decision alone, in the image that was judged. */
  readonly first: number
  /** Came with hardening and patching, as new versions bring their own. */
  readonly added: number
  readonly fates: ReadonlyMap<FindingFate, number>
  /** Of the judged image, by severity. */
  readonly judged: ReadonlyMap<Severity, ReadonlyMap<JudgedFate, number>>
}

/** Counts what became of the findings of a decision, and of those before it where that is known. */
export function countFates(decision: Decision, origin?: FindingsOrigin): FindingFates {
  const fateOf = judgeFates(decision)
  const judged = new Map<Severity, Map<JudgedFate, number>>()
  const fates = new Map<FindingFate, number>()
  for (const finding of decision.findings) {
    const fate = fateOf(finding)
    const counts = judged.get(finding.severity) ?? new Map<JudgedFate, number>()
    judged.set(finding.severity, counts)
    addTo(counts, fate, 1)
    addTo(fates, fate, 1)
  }
  const after = decision.findings.length
  if (!origin) return { first: after, added: 0, fates, judged }

  const first = sumSeverities(origin.before)
  addTo(fates, 'removed with its package', origin.removed)
  addTo(fates, 'patched', origin.patched)
  addTo(fates, 'vanished', origin.vanished)
  const surplus = after + origin.removed + origin.patched + origin.vanished - first
  addTo(fates, 'not accounted for', Math.max(-surplus, 0))
  return { first, added: Math.max(surplus, 0), fates, judged }
}

/** All severities together. */
const sumSeverities = (counts: SeverityCounts): number =>
  severities.reduce((sum, severity) => sum + (counts[severity] ?? 0), 0)

/** Tells the fate of each finding of a decision. */
function judgeFates({ reasons }: Decision): (finding: JudgedFinding) => JudgedFate {
  const keyOf = ({ id, purl }: JudgedFinding) => JSON.stringify([id, purl])
  const breaking = new Set(
    reasons
      .filter(({ effect }) => effect === 'fail' || effect === 'error')
      .flatMap(({ findings = [] }) => findings.map(keyOf)),
  )
  return (finding) => {
    if (finding.waivedBy !== undefined) return 'waived'
    if (isCounted(finding)) return breaking.has(keyOf(finding)) ? 'breaks a rule' : 'counted'
    return finding.suppressed?.kind === 'vex' ? 'set aside by VEX' : 'ignored by an imported rule'
  }
}

/** Counts up; nothing is left out of the map. */
export function addTo<Key>(counts: Map<Key, number>, key: Key, number: number): void {
  if (number > 0) counts.set(key, (counts.get(key) ?? 0) + number)
}
