import { parseInstant } from '@sallyport/policy'

const toleranceMs = 5 * 60_000
/** Before there were registries. */
const earliest = Date.UTC(2013, 0, 1)
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const clf = /^(\d{2})\/([A-Z][a-z]{2})\/(\d{4}):(\d{2}:\d{2}:\d{2}) ([+-]\d{2})(\d{2})$/
const rfc822 =
  /^(?:[A-Z][a-z]{2}, )?(\d{1,2}) ([A-Z][a-z]{2}) (\d{4}) (\d{2}:\d{2}:\d{2}) (?:GMT|UTC?|([+-]\d{2})(\d{2}))$/

/**
 * When an event happened: ISO 8601 of what the source says. A time that is none, lies more than 5 minutes ahead, or
 * before 2013 says nothing, and the time at which the event was received stands for it: an odd clock hides no push.
 */
export function toEventTime(value: unknown, receivedAt: Date): string {
  const instant =
    typeof value === 'number' ? fromEpoch(value) : typeof value === 'string' ? fromText(value) : undefined
  const isPlausible =
    instant !== undefined && instant >= earliest && instant <= receivedAt.getTime() + toleranceMs
  return (isPlausible ? new Date(instant) : receivedAt).toISOString()
}

/** Seconds or milliseconds since 1970. */
function fromEpoch(value: number): number | undefined {
  if (!Number.isFinite(value)) return undefined
  return Math.trunc(value < 1e11 ? value * 1000 : value)
}

function fromText(text: string): number | undefined {
  if (text.length > 64) return undefined
  return parseInstant(toIso(text))
}

/** Zones without a colon, the dates of access logs, and those of mail. */
function toIso(text: string): string {
  const access = clf.exec(text)
  if (access) return fromParts(access[3], access[2], access[1], access[4], `${access[5]}:${access[6]}`)
  const mail = rfc822.exec(text)
  if (mail) return fromParts(mail[3], mail[2], mail[1], mail[4], mail[5] ? `${mail[5]}:${mail[6]}` : 'Z')
  return text.replace(/([+-]\d{2})(\d{2})$/, '$1:$2')
}

function fromParts(year = '', month = '', day = '', time = '', zone = ''): string {
  const number = String(months.indexOf(month) + 1).padStart(2, '0')
  return `${year}-${number}-${day.padStart(2, '0')}T${time}${zone}`
}
