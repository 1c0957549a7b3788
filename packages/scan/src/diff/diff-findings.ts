import type { Finding, FindingPackage } from '../finding.ts'
import { identitiesOf } from '../merge/merge-findings.ts'
import { keysOf, packageKey, packageNameKey } from '../merge/package-key.ts'
import { compareText } from '../version/version-order.ts'

/** One side of a comparison: an image or a time. */
export interface ScannedState {
  /** All findings, those that do not count too. */
  readonly findings: readonly Finding[]
  /** All packages that were there; what went with its package can only be told by them. */
  readonly packages: readonly Pick<FindingPackage, 'type' | 'name' | 'version' | 'purl'>[]
}

/** Why a finding is gone. */
export type GoneReason =
  /** Its package is gone. */
  | 'package-removed'
  /** Another version of its package is there. */
  | 'package-changed'
  /** The package is there as before and nothing says why the finding is not: the data or a scanner changed. */
  | 'unexplained'

/** A finding on both sides of which something that matters is different. */
export interface ChangedFinding {
  /** As it was. */
  readonly before: Finding
  /** As it is. */
  readonly after: Finding
  /** What is different, in this order. */
  readonly fields: readonly ('id' | 'severity' | 'fix' | 'suppressed' | 'kev')[]
}

/** What happened to findings from one state to another. Each list is sorted by purl and id. */
export interface FindingsDiff {
  /** `package-added`: its package is new as well, or has another version. */
  readonly added: readonly { readonly finding: Finding; readonly reason: 'package-added' | 'newly-known' }[]
  /** What is not found any more, and why. */
  readonly gone: readonly { readonly finding: Finding; readonly reason: GoneReason }[]
  /** What is on both sides and not the same. */
  readonly changed: readonly ChangedFinding[]
  /** How many are the same. */
  readonly unchanged: number
  /** Whether anything is gone without a reason; a gate should not take that for good news. */
  readonly suspicious: boolean
}

/**
 * Compares the findings of two states: of an image before and after hardening, or of the same image today and
 * yesterday. Findings are the same when they are about the same package (type, name, version, architecture) and share
 * an id or alias.
 */
export function diffFindings(before: ScannedState, after: ScannedState): FindingsDiff {
  const unmatched = indexByIdentity(after.findings)
  const matched = new Set<Finding>()
  const changed: ChangedFinding[] = []
  const gone: { finding: Finding; reason: GoneReason }[] = []
  const { keys: keysAfter, names: namesAfter } = keysOf(after.packages)
  const { keys: keysBefore } = keysOf(before.packages)
  let unchanged = 0
  for (const finding of before.findings) {
    const other = keyedIdsOf(finding)
      .map((identity) => unmatched.get(identity))
      .find((found) => found !== undefined)
    if (other === undefined) {
      const reason = keysAfter.has(packageKey(finding.package))
        ? 'unexplained'
        : namesAfter.has(packageNameKey(finding.package))
          ? 'package-changed'
          : 'package-removed'
      gone.push({ finding, reason })
      continue
    }
    matched.add(other)
    const fields = differingFields(finding, other)
    if (fields.length === 0) unchanged++
    else changed.push({ before: finding, after: other, fields })
  }
  const added = after.findings
    .filter((finding) => !matched.has(finding))
    .map((finding) => ({
      finding,
      reason: keysBefore.has(packageKey(finding.package))
        ? ('newly-known' as const)
        : ('package-added' as const),
    }))
  return {
    added: added.sort((a, b) => compareFindings(a.finding, b.finding)),
    gone: gone.sort((a, b) => compareFindings(a.finding, b.finding)),
    changed: changed.sort((a, b) => compareFindings(a.before, b.before)),
    unchanged,
    suspicious: gone.some(({ reason }) => reason === 'unexplained'),
  }
}

function keyedIdsOf(finding: Finding): readonly string[] {
  const key = packageKey(finding.package)
  return identitiesOf(finding).map((one) => `${key} ${one}`)
}

function indexByIdentity(findings: readonly Finding[]): ReadonlyMap<string, Finding> {
  const index = new Map<string, Finding>()
  for (const finding of findings) {
    for (const identity of keyedIdsOf(finding)) if (!index.has(identity)) index.set(identity, finding)
  }
  return index
}

function differingFields(a: Finding, b: Finding): ChangedFinding['fields'] {
  const fields: ChangedFinding['fields'][number][] = []
  if (a.id !== b.id) fields.push('id')
  if (a.severity !== b.severity) fields.push('severity')
  if (a.fix.state !== b.fix.state || a.fix.versions.join(' ') !== b.fix.versions.join(' ')) fields.push('fix')
  if ((a.suppressed === undefined) !== (b.suppressed === undefined)) fields.push('suppressed')
  if ((a.kev === undefined) !== (b.kev === undefined)) fields.push('kev')
  return fields
}

function compareFindings(a: Finding, b: Finding): number {
  return compareText(a.package.purl, b.package.purl) || compareText(a.id, b.id)
}
