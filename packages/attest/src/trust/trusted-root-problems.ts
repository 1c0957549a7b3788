import { AttestError } from '../errors.ts'
import { isWithin } from './is-within.ts'
import type { TrustedRoot, TrustedSpan } from './trusted-root.ts'

/** Options of {@link trustedRootProblems}. */
export interface TrustedRootProblemsOptions {
  /** Also names kinds of parts of which none counts after this time, in milliseconds from now. Default 0. */
  readonly endsWithinMs?: number | undefined
  /**
   * Also tells when the newest part is older than this, in milliseconds: a root says of itself only since when its parts
   * count, not when it was made. Default: no limit.
   */
  readonly maxAgeMs?: number | undefined
}

const dayMs = 86_400_000

/**
 * What keeps new signatures from verifying with this root at a time, in words for a log or a person: kinds of parts of
 * which none counts any more, or soon. A root that is kept in a file grows old so; signatures from before still verify.
 *
 * @throws {AttestError} `TRUST_INVALID` when a limit is not a number from 0.
 */
export function trustedRootProblems(
  root: TrustedRoot,
  now: Date,
  { endsWithinMs = 0, maxAgeMs }: TrustedRootProblemsOptions = {},
): readonly string[] {
  for (const limit of [endsWithinMs, maxAgeMs])
    if (limit !== undefined && !(limit >= 0))
      throw new AttestError('TRUST_INVALID', `expected milliseconds from 0, got ${limit}`)
  const kinds: readonly [string, readonly Part[]][] = [
    ['transparency log', root.logs],
    ['certificate authority', root.certificateAuthorities],
    ['certificate transparency log', root.ctLogs],
    ['timestamp authority', root.timestampAuthorities],
  ]
  const ends = kinds.flatMap(([kind, parts]) => endOf(kind, parts, now, endsWithinMs))
  return maxAgeMs === undefined
    ? ends
    : [
        ...ends,
        ...ageOf(
          kinds.flatMap(([, parts]) => parts),
          now,
          maxAgeMs,
        ),
      ]
}

interface Part {
  readonly validFor: TrustedSpan
}

function endOf(kind: string, parts: readonly Part[], now: Date, endsWithinMs: number): readonly string[] {
  if (parts.length === 0) return []
  const counting = parts.filter(({ validFor }) => isWithin(now, validFor))
  if (counting.length === 0) {
    const last = lastEnd(parts.filter(({ validFor: { end } }) => end !== undefined && end < now))
    return [last === undefined ? `no ${kind} counts yet` : `no ${kind} counts since ${last.toISOString()}`]
  }
  const soon = new Date(now.getTime() + endsWithinMs)
  if (parts.some(({ validFor }) => isWithin(soon, validFor))) return []
  const last = lastEnd(counting)
  return last === undefined
    ? []
    : [`no ${kind} counts after ${last.toISOString()}, in ${daysBetween(now, last)} days`]
}

function ageOf(parts: readonly Part[], now: Date, maxAgeMs: number): readonly string[] {
  if (parts.length === 0) return []
  const newest = new Date(Math.max(...parts.map(({ validFor: { start } }) => start.getTime())))
  if (!(now.getTime() - newest.getTime() > maxAgeMs)) return []
  return [`the newest part counts since ${newest.toISOString()}, ${daysBetween(newest, now)} days ago`]
}

/** The latest time at which one of them ends; `undefined` when there is none or one that does not end. */
function lastEnd(parts: readonly Part[]): Date | undefined {
  const ends = parts.map(({ validFor: { end } }) => end?.getTime() ?? Number.POSITIVE_INFINITY)
  const last = Math.max(...ends)
  return Number.isFinite(last) ? new Date(last) : undefined
}

function daysBetween(start: Date, end: Date): number {
  return Math.floor((end.getTime() - start.getTime()) / dayMs)
}
