import { GateError } from '../errors.ts'

/** SQLSTATE, or the code of a socket's error. */
function codeOf(error: unknown): string {
  const code = (error as { code?: unknown } | null)?.code
  return typeof code === 'string' ? code : ''
}

/** Whether the transaction was ended for the sake of another one and may be run again. */
export function isSerializationFailure(error: unknown): boolean {
  return ['40001', '40P01'].includes(codeOf(error))
}

/** What a failure of PostgreSQL means, and what to do (PostgreSQL manual, appendix A). */
export function toGateError(cause: unknown, name: string): GateError {
  if (cause instanceof GateError) return cause
  const code = codeOf(cause)
  const detail = `${cause instanceof Error ? cause.message : String(cause)}${code === '' ? '' : ` (${code})`}`
  if (isSerializationFailure(cause) || code === '55P03') {
    return new GateError(
      'JOURNAL_LOCKED',
      `${name}: others were in the way for too long: ${detail}; try again`,
      { cause, retryable: true },
    )
  }
  if (code === '53100') {
    return new GateError('JOURNAL_FULL', `${name}: no space left, nothing of this was written: make room`, {
      cause,
      retryable: true,
    })
  }
  if (code === '23503') {
    return new GateError(
      'OPTIONS_INVALID',
      `${name}: ${detail}: a promotion is begun before anything is kept for it`,
      { cause },
    )
  }
  if (code.startsWith('22')) return new GateError('OPTIONS_INVALID', `${name}: ${detail}`, { cause })
  if (code.startsWith('XX')) {
    return new GateError('JOURNAL_CORRUPT', `${name}: ${detail}: restore the database`, { cause })
  }
  return new GateError(
    'JOURNAL_UNAVAILABLE',
    `${name}: ${detail}: check that the server runs and that the role may use the schema`,
    { cause, retryable: true },
  )
}
