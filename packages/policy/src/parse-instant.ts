const form =
  /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(?:(Z)|([+-])(\d{2}):(\d{2}))?)?$/
const dayMs = 86_400_000
const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** A date that exists, and a time where one is written. */
interface WrittenDate {
  readonly year: number
  /** Start of the day by UTC, milliseconds since 1970. */
  readonly midnight: number
  /** Milliseconds since 1970; absent where only a day is written. */
  readonly instant?: number | undefined
  readonly hasZone: boolean
}

/**
 * Reads an ISO 8601 time with its zone, or a date, as milliseconds since 1970. A bare date is the start or the end (24:00)
 * of that day in UTC, as `bareDate` says, and nothing where it says neither; digits past the millisecond are cut. A leap
 * second is the instant after it. `undefined` for everything else: days that don't exist, times without zone, years
 * outside 1970 to 9998.
 */
export function parseInstant(text: string, bareDate?: 'start' | 'end'): number | undefined {
  const date = readDate(text)
  if (!date || date.year < 1970 || date.year > 9998) return undefined
  const { midnight, instant, hasZone } = date
  if (instant !== undefined) return hasZone ? instant : undefined
  return bareDate && midnight + (bareDate === 'end' ? dayMs : 0)
}

/**
 * Reads the date of a source, as milliseconds since 1970; `NaN` of anything else. A bare day is its start by UTC, and a
 * time without a zone is of UTC, wherever this runs.
 */
export function parseSourceDate(text: string): number {
  const date = readDate(text)
  return date ? (date.instant ?? date.midnight) : Number.NaN
}

/** Thousands are read for one decision. */
function readDate(text: string): WrittenDate | undefined {
  const match = form.exec(text)
  if (!match) return undefined
  const [year, month, day] = [Number(match[1]), Number(match[2]), Number(match[3])]
  if (!isCalendarDay(year, month, day)) return undefined
  const midnight = Date.UTC(year, month - 1, day)
  if (match[4] === undefined) return { year, midnight, hasZone: false }

  const [hour, minute, second] = [Number(match[4]), Number(match[5]), Number(match[6] ?? 0)]
  const [offsetHours, offsetMinutes] = [Number(match[10] ?? 0), Number(match[11] ?? 0)]
  if (hour > 23 || minute > 59 || second > 60 || offsetHours > 23 || offsetMinutes > 59) return undefined
  const offset = (offsetHours * 60 + offsetMinutes) * 60_000 * (match[9] === '-' ? -1 : 1)
  const whole = midnight + ((hour * 60 + minute) * 60 + second) * 1000 - offset
  // leap seconds end a month in UTC; elsewhere 60 is a slip of the pen
  if (second === 60 && (whole % dayMs !== 0 || new Date(whole).getUTCDate() !== 1)) return undefined
  const fraction = match[7] === undefined || second === 60 ? 0 : Number(match[7].padEnd(3, '0').slice(0, 3))
  const hasZone = match[8] !== undefined || match[9] !== undefined
  return { year, midnight, instant: whole + fraction, hasZone }
}

/** JavaScript takes the 31st of February for the 3rd of March. */
function isCalendarDay(year: number, month: number, day: number): boolean {
  if (day < 1 || day > (daysOfMonth[month - 1] ?? 0)) return false
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month !== 2 || day < 29 || isLeap
}
