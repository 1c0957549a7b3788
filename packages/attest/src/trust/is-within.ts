/** A span of time; a missing bound is none. */
interface Span {
  readonly start?: Date | undefined
  readonly end?: Date | null | undefined
}

/** Whether a moment is in a span, both ends included. A moment that is no time is in none that has a bound. */
export function isWithin(moment: Date, { start, end }: Span): boolean {
  return (!start || start <= moment) && (!end || moment <= end)
}
