const form = /^(\d{4})-(\d{2})-(\d{2})(?:T(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}:\d{2})?)?$/
const daysOfMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** Reads an ISO 8601 instant with its zone, as milliseconds since 1970; `NaN` of anything else. */
export function parseInstant(text: string): number {
  return form.exec(text)?.[8] === undefined ? Number.NaN : parseSourceDate(text)
}

/**
 * Reads the date of a source, as milliseconds since 1970; `NaN` of anything else. A bare day is its start by UTC, and a
 * time without a zone is of UTC, wherever this runs.
 */
export function parseSourceDate(text: string): number {
  return parseUsual(text) ?? parseAny(text)
}

/** `2026-11-25T12:00:00Z`, as most sources write it, without a regular expression: there are thousands to read. */
function parseUsual(text: string): number | undefined {
  if (text.length !== 20 || text[10] !== 'T' || text[19] !== 'Z') return undefined
  if (text[4] !== '-' || text[7] !== '-' || text[13] !== ':' || text[16] !== ':') return undefined
  const [year, month, day] = [numberAt(text, 0, 4), numberAt(text, 5, 7), numberAt(text, 8, 10)]
  const [hour, minute, second] = [numberAt(text, 11, 13), numberAt(text, 14, 16), numberAt(text, 17, 19)]
  if (!isCalendarDay(year, month, day) || !(hour <= 23 && minute <= 59 && second <= 59)) return undefined
  return Date.UTC(year, month - 1, day, hour, minute, second)
}

/** The digits of a part of a text as a number; `NaN` when there is anything else. */
function numberAt(text: string, from: number, to: number): number {
  let value = 0
  for (let at = from; at < to; at++) {
    const digit = text.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) return Number.NaN
    value = value * 10 + digit
  }
  return value
}

function parseAny(text: string): number {
  const match = form.exec(text)
  if (match === null) return Number.NaN
  const [, year, month, day, hour = 0, minute = 0, second = 0, fraction = '', zone = 'Z'] = match
  // JavaScript takes the 31st of February for the 3rd of March
  if (!isCalendarDay(Number(year), Number(month), Number(day))) return Number.NaN
  if (Number(hour) > 23 || Number(minute) > 59 || Number(second) > 59) return Number.NaN
  const milliseconds = Math.floor(Number(`0.${fraction}0`) * 1000)
  return (
    Date.UTC(Number(year), Number(month) - 1, Number(day), Number(hour), Number(minute), Number(second)) +
    milliseconds -
    offsetOf(zone)
  )
}

function isCalendarDay(year: number, month: number, day: number): boolean {
  if (!(day >= 1 && day <= (daysOfMonth[month - 1] ?? 0))) return false
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month !== 2 || day < 29 || isLeap
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}
