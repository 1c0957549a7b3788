import type { AdvisoryIndex } from '../advisories/advisory-index.ts'

/** How old the data of an index are. */
export interface AdvisoryDatabaseAge {
  /** Age of the oldest source in milliseconds; `Infinity` when a source does not say. */
  readonly oldestMs: number
  /** Each source with its age, the oldest first. */
  readonly sources: readonly { readonly name: string; readonly ageMs: number }[]
}

/**
 * Says how old the data of an index are. One stalled source makes the whole old: whoever judges by source takes
 * `sources`. An unknown age, or one in the future, is `Infinity`, so that comparing with the greatest age allowed
 * refuses it.
 */
export function advisoryDatabaseAge(index: AdvisoryIndex, now: Date): AdvisoryDatabaseAge {
  const data = index.data ?? [{ name: 'advisories', updatedAt: index.updatedAt }]
  const sources = data
    .map(({ name, updatedAt }) => ({ name, ageMs: ageOf(updatedAt, now) }))
    .toSorted((a, b) => (a.ageMs === b.ageMs ? 0 : b.ageMs - a.ageMs))
  return { oldestMs: sources[0]?.ageMs ?? Number.POSITIVE_INFINITY, sources }
}

/** Clocks differ by this much at most. */
const skewMs = 3_600_000

function ageOf(updatedAt: string | undefined, now: Date): number {
  const age = updatedAt === undefined ? Number.NaN : now.getTime() - Date.parse(updatedAt)
  return Number.isNaN(age) || age < -skewMs ? Number.POSITIVE_INFINITY : Math.max(0, age)
}
