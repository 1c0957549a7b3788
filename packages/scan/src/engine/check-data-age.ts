import { ScanError } from '../errors.ts'
import { isStale } from '../internal/is-stale.ts'

/** How old vulnerability data may be. */
export interface DataAge {
  readonly now: Date
  /** Absent: as old as it is. */
  readonly maxDataAgeMs?: number | undefined
}

/**
 * Refuses data that is too old, of an unknown time, or of one that is still to come.
 *
 * @throws {ScanError} `DATA_UNAVAILABLE`.
 */
export function checkDataAge(
  updatedAt: string,
  { now, maxDataAgeMs }: DataAge,
  { what, scanner }: { readonly what: string; readonly scanner: string },
): void {
  if (maxDataAgeMs === undefined || !isStale(updatedAt, { now, maxDataAgeMs })) return
  const age = now.getTime() - Date.parse(updatedAt)
  throw new ScanError(
    'DATA_UNAVAILABLE',
    `the ${what} is of ${updatedAt}: ${hours(age)} old, at most ${hours(maxDataAgeMs)} allowed`,
    { scanner },
  )
}

function hours(ms: number): string {
  return `${Math.round(ms / 3_600_000)} h`
}
