import { GateError } from '../errors.ts'

const isoInstant = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:\d\d)$/

/**
 * An ISO 8601 time in the one form that is ordered like text.
 *
 * @throws {GateError} `OPTIONS_INVALID` when it is none, or has no time zone.
 */
export function readInstant(text: string, what: string): string {
  const time = isoInstant.test(text) ? new Date(text) : undefined
  if (!time || Number.isNaN(time.getTime())) {
    throw new GateError(
      'OPTIONS_INVALID',
      `${what}: ${JSON.stringify(text.slice(0, 80))} is no ISO 8601 time with a time zone`,
    )
  }
  return time.toISOString()
}
