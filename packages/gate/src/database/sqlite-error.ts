import { GateError } from '../errors.ts'

// https://www.sqlite.org/rescode.html, primary codes.
const busy = 5
const locked = 6
const readOnly = 8
const ioError = 10
const corrupt = 11
const full = 13
const cannotOpen = 14
const constraint = 19
const notADatabase = 26

/** Primary result code of SQLite; `undefined` for other errors. */
function resultCode(error: unknown): number | undefined {
  const code = (error as { errcode?: unknown } | null)?.errcode
  return typeof code === 'number' ? code & 0xff : undefined
}

/** Whether another connection is in the way. */
export function isBusy(error: unknown): boolean {
  const code = resultCode(error)
  return code === busy || code === locked
}

/** What a failure of SQLite means to who uses the file, and what to do. */
export function toGateError(cause: unknown, name: string): GateError {
  if (cause instanceof GateError) return cause
  const detail = cause instanceof Error ? cause.message : String(cause)
  switch (resultCode(cause)) {
    case busy:
    case locked:
      return new GateError(
        'JOURNAL_LOCKED',
        `${name} is held by another process for too long: end that process, or try again`,
        { cause, retryable: true },
      )
    case full:
      return new GateError(
        'JOURNAL_FULL',
        `${name}: no space left, nothing of this was written: make room and run it again`,
        { cause, retryable: true },
      )
    case constraint:
      return new GateError(
        'OPTIONS_INVALID',
        `${name}: ${detail}: a promotion is begun before anything is kept for it`,
        { cause },
      )
    case corrupt:
    case notADatabase:
      return new GateError(
        'JOURNAL_CORRUPT',
        `${name} is not a journal, or damaged: restore it or move it away; a new one is made on the next run`,
        { cause },
      )
    case readOnly:
    case ioError:
    case cannotOpen:
      return new GateError(
        'JOURNAL_UNAVAILABLE',
        `${name} cannot be opened, read or written (${detail}): check its folder, its permissions and its disk`,
        { cause },
      )
    default:
      return new GateError('JOURNAL_UNAVAILABLE', `${name}: ${detail}`, { cause })
  }
}
