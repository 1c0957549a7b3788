/** When an approval may end: on a day, or, where less than a day is allowed, at an instant. */
export interface ExpiryRange {
  readonly kind: 'day' | 'instant'
  /** Dates of form `2026-12-31`, or ISO 8601 instants. */
  readonly first: string
  readonly last: string
  readonly suggested: string
}

const dayMs = 86_400_000
const suggestedDays = 14

/** The range for approvals that last no longer than this from now; a day ends at midnight by UTC. */
export function expiryRange(now: Date, maxLifetimeMs: number): ExpiryRange {
  const today = Math.floor(now.getTime() / dayMs)
  const last = Math.floor((now.getTime() + maxLifetimeMs) / dayMs) - 1
  const dateOf = (day: number) => new Date(day * dayMs).toISOString().slice(0, 10)
  if (last >= today)
    return {
      kind: 'day',
      first: dateOf(today),
      last: dateOf(last),
      suggested: dateOf(Math.min(last, today + suggestedDays)),
    }
  const end = new Date(now.getTime() + maxLifetimeMs).toISOString()
  return { kind: 'instant', first: now.toISOString(), last: end, suggested: end }
}
