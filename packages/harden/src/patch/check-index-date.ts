import { HardenError } from '../errors.ts'
import type { LastSeen } from './patch-source.ts'

/** Clocks differ a little; apt allows as much. */
const toleranceMs = 10_000

/**
 * Refuses an index that is of the future, not valid any more, or older than one that was seen before: who answers in a
 * mirror's place could hold back repairs with a genuine old one.
 *
 * @throws {HardenError} `INDEX_EXPIRED`, `INDEX_ROLLED_BACK`.
 */
export function checkIndexDate(
  name: string,
  { date, validUntil }: { readonly date: Date; readonly validUntil?: Date | undefined },
  { now, lastSeen }: { readonly now: Date; readonly lastSeen: LastSeen },
): void {
  if (date.getTime() > now.getTime() + toleranceMs)
    throw new HardenError(
      'INDEX_EXPIRED',
      `${name}: the index is of ${date.toISOString()}, which is still to come`,
    )
  if (validUntil && validUntil.getTime() < now.getTime())
    throw new HardenError('INDEX_EXPIRED', `${name}: the index was valid until ${validUntil.toISOString()}`)
  const seen = Object.hasOwn(lastSeen, name) ? Date.parse(lastSeen[name]!) : Number.NEGATIVE_INFINITY
  if (Number.isNaN(seen)) throw new TypeError(`lastSeen: no date for ${name}: ${lastSeen[name]}`)
  if (date.getTime() < seen)
    throw new HardenError(
      'INDEX_ROLLED_BACK',
      `${name}: the index is of ${date.toISOString()}, one of ${new Date(seen).toISOString()} was seen before`,
    )
}
