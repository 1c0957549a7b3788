/** How far the clock of who made the data may be ahead of ours. */
const clockSkewMs = 3_600_000

/**
 * Whether data is too old to rely on. Data of unknown age is, and data of a time that is still to come: that would look
 * fresh for ever.
 */
export function isStale(
  updatedAt: string | undefined,
  { now, maxDataAgeMs }: { readonly now: Date; readonly maxDataAgeMs: number },
): boolean {
  const age = updatedAt === undefined ? Number.NaN : now.getTime() - Date.parse(updatedAt)
  return !(age <= maxDataAgeMs && age >= -clockSkewMs)
}
