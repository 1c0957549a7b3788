const iso = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?(?:Z|[+-]\d{2}:?\d{2})$/
const rfc822 = /^(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} (?:[+-]\d{4}|GMT|UTC)$/
/** Before there were registries: zero dates such as `0001-01-01T00:00:00Z` mean "never". */
const earliest = Date.UTC(2000, 0, 1)
const latest = Date.UTC(2200, 0, 1)

/**
 * A time in the form of any of these services (ISO 8601 with an offset, RFC 822, seconds since 1970) as ISO 8601 in UTC;
 * `undefined` for what is none, and for the zero dates that stand for "never".
 */
export function toTime(value: unknown): string | undefined {
  const at = toMilliseconds(value)
  return at !== undefined && at >= earliest && at < latest ? new Date(at).toISOString() : undefined
}

function toMilliseconds(value: unknown): number | undefined {
  if (typeof value === 'number') return Math.round(value * 1000)
  if (typeof value !== 'string' || !(iso.test(value) || rfc822.test(value))) return undefined
  const at = Date.parse(value.replace(/([+-]\d{2})(\d{2})$/, '$1:$2'))
  return Number.isNaN(at) ? undefined : at
}
