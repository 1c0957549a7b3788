import { GateError } from '../errors.ts'

/**
 * Parses JSON that the database kept.
 *
 * @throws {GateError} `JOURNAL_CORRUPT` when it is none.
 */
export function readJson<T>(text: unknown, what: string): T {
  try {
    return JSON.parse(String(text)) as T
  } catch (cause) {
    throw new GateError(
      'JOURNAL_CORRUPT',
      `${what} cannot be read any more: restore the journal, or move it away`,
      {
        cause,
      },
    )
  }
}
