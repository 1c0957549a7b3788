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
  if (day < 1 || day > (daysOfMonth[month - 1] ?? 0)) return false
  const isLeap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0
  return month !== 2 || day < 29 || isLeap
}

function offsetOf(zone: string): number {
  if (zone === 'Z') return 0
  const minutes = Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4))
  return (zone.startsWith('-') ? -minutes : minutes) * 60_000
}
