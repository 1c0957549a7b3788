import { GateError, type GateErrorOptions } from '../errors.ts'

/** Any failure as the gate's own error; also one that an engine has written down and read back as a plain `Error`. */
export function toGateError(cause: unknown): GateError {
  if (cause instanceof GateError) return cause
  const message = cause instanceof Error ? cause.message : String(cause)
  if (cause instanceof Error && cause.name === 'GateError') {
    const { code, step, side, retryable } = cause as Error & Partial<GateError>
    if (code) return new GateError(code, message, { cause, step, side, retryable } as GateErrorOptions)
  }
  return new GateError('OPTIONS_INVALID', message, { cause })
}
