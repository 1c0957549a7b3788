const pattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:Z|([+-])(\d{2}):(\d{2})))?$/
const dayMs = 86_400_000

/**
 * Reads an ISO 8601 time with its zone, or a date, as milliseconds since 1970. A bare date is the start or the end (24:00)
 * of that day in UTC, as `bareDate` says; digits past the millisecond are cut. A leap second is the instant after it.
 * `undefined` for everything else: days that don't exist, times without zone, years outside 1970 to 9998.
 */
export function parseInstant(text: string, bareDate: 'start' | 'end'): number | undefined {
  const match = pattern.exec(text)
  if (!match) return undefined
  const [year = 0, month = 0, day = 0] = match.slice(1, 4).map(Number)
  if (year < 1970 || year > 9998) return undefined
  const midnight = new Date(Date.UTC(year, month - 1, day))
  if (midnight.getUTCMonth() !== month - 1 || midnight.getUTCDate() !== day) return undefined
  if (match[4] === undefined) return midnight.getTime() + (bareDate === 'end' ? dayMs : 0)

  const [hour = 0, minute = 0, second = 0] = match.slice(4, 7).map((digits) => Number(digits ?? 0))
  const [offsetHours = 0, offsetMinutes = 0] = match.slice(9, 11).map((digits) => Number(digits ?? 0))
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000 * (match[8] === '-' ? -1 : 1)
  const instant = midnight.getTime() + ((hour * 60 + minute) * 60 + second) * 1000 - offset
  // Leap seconds end a month in UTC; elsewhere 60 is a slip of the pen.
  if (second === 60) {
    return instant % dayMs === 0 && new Date(instant).getUTCDate() === 1 ? instant : undefined
  }
  return instant + Number((match[7] ?? '').padEnd(3, '0').slice(0, 3))
}
