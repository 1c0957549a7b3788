import * as z from 'zod'
import { parseDuration } from '../document/duration.ts'
import { parseSourceDate } from '../parse-instant.ts'

/** How far ahead a clock may be, in milliseconds, before a time in the future counts as none. */
const skewMs = 5 * 60_000

/** A duration as people write it; stays text, so that a rule reads as it was written. */
export const durationSchema: z.ZodType<string> = z
  .string()
  .refine((text) => parseDuration(text) !== undefined, 'expected a duration such as 90m, 48h, 7d or 2w')

/** Milliseconds of a duration that {@link durationSchema} let through. */
export function toMilliseconds(duration: string): number
export function toMilliseconds(duration: string | undefined): number | undefined
export function toMilliseconds(duration: string | undefined): number | undefined {
  return duration === undefined ? undefined : (parseDuration(duration) ?? 0)
}

/** Why something is too old, or of no known age; `undefined` when it is young enough. */
export function findAgeFault(at: string | undefined, maxAge: string, now: Date): string | undefined {
  const time = at === undefined ? Number.NaN : parseSourceDate(at)
  if (Number.isNaN(time)) return 'undated'
  if (time > now.getTime() + skewMs) return `dated ${at}, which is yet to come`
  if (now.getTime() - time > toMilliseconds(maxAge)) return `of ${at}, which is more than ${maxAge} ago`
  return undefined
}
