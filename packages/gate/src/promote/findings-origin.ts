import type { FindingsOrigin, SeverityCounts } from '@sallyport/policy/report'
import type { PlatformSummary } from './platform-summary.ts'

/** How many findings there are of each severity that there is. */
export function countSeverities(findings: PlatformSummary['before']['findings']): SeverityCounts {
  const counts: { -readonly [Severity in keyof SeverityCounts]: SeverityCounts[Severity] } = {}
  for (const { severity } of findings) counts[severity] = (counts[severity] ?? 0) + 1
  return counts
}

/** What became of the findings of one image before it was judged. */
export function originOf({ before, change }: Pick<PlatformSummary, 'before' | 'change'>): FindingsOrigin {
  return {
    before: countSeverities(before.findings),
    removed: change?.fixedByRemoval.length ?? 0,
    patched: change?.fixedByPatch?.length ?? 0,
    vanished: change?.vanished.length ?? 0,
  }
}

/** What became of the findings of all images of a promotion before they were judged, for `renderHtml`; `undefined` without any. */
export const findingsOrigin = (
  platforms: readonly Pick<PlatformSummary, 'before' | 'change'>[],
): FindingsOrigin | undefined => sumOrigins(platforms.map(originOf))

/** That of all platforms together, as a decision about an index has it; `undefined` where one does not know. */
export function sumOrigins(origins: readonly (FindingsOrigin | undefined)[]): FindingsOrigin | undefined {
  const known = origins.filter((origin) => origin !== undefined)
  if (known.length === 0 || known.length < origins.length) return undefined
  return known.reduce((sum, origin) => ({
    before: addCounts(sum.before, origin.before),
    removed: sum.removed + origin.removed,
    patched: sum.patched + origin.patched,
    vanished: sum.vanished + origin.vanished,
  }))
}

function addCounts(one: SeverityCounts, other: SeverityCounts): SeverityCounts {
  const names = [...new Set([...Object.keys(one), ...Object.keys(other)])] as (keyof SeverityCounts)[]
  return Object.fromEntries(names.map((name) => [name, (one[name] ?? 0) + (other[name] ?? 0)]))
}
