import type { OsvAffected, OsvRange } from '@sallyport/scan'

/** Versions from `introduced` (absent: from the first) to before `fixed` or up to `lastAffected` (both absent: all). */
export interface VersionInterval {
  readonly introduced?: string | undefined
  readonly fixed?: string | undefined
  readonly lastAffected?: string | undefined
}

/**
 * The intervals of a record's statement about a package. Listed versions become intervals of one version each, where
 * there is no range: databases of other makes know ranges alone, and the lists repeat what the ranges say.
 */
export function toIntervals({ ranges, versions }: OsvAffected): readonly VersionInterval[] {
  const intervals = (ranges ?? []).filter(({ type }) => type !== 'GIT').flatMap(ofRange)
  if (intervals.length > 0) return intervals
  return (versions ?? []).map((version) => ({ introduced: version, lastAffected: version }))
}

/** Events come in the order of versions in all records that are used here. */
function ofRange({ events }: OsvRange): readonly VersionInterval[] {
  const intervals: VersionInterval[] = []
  let introduced: string | undefined
  for (const event of events) {
    if (event.introduced !== undefined) introduced ??= event.introduced
    const { fixed, last_affected: lastAffected } = event
    if (introduced === undefined || (fixed === undefined && lastAffected === undefined)) continue
    intervals.push({ ...startOf(introduced), fixed, lastAffected })
    introduced = undefined
  }
  if (introduced !== undefined) intervals.push(startOf(introduced))
  return intervals
}

function startOf(introduced: string): VersionInterval {
  return introduced === '0' ? {} : { introduced }
}

/** Whether an interval has neither start nor end. */
export function isOfAllVersions({ introduced, fixed, lastAffected }: VersionInterval): boolean {
  return introduced === undefined && fixed === undefined && lastAffected === undefined
}

/** An interval as a constraint: `>=1.0, <2.0`. */
export function toConstraint({ introduced, fixed, lastAffected }: VersionInterval): string {
  if (introduced !== undefined && introduced === lastAffected) return `=${introduced}`
  const parts = [
    ...(introduced === undefined ? [] : [`>=${introduced}`]),
    ...(fixed === undefined ? [] : [`<${fixed}`]),
    ...(lastAffected === undefined ? [] : [`<=${lastAffected}`]),
  ]
  return parts.length === 0 ? '>=0' : parts.join(', ')
}
