import { isSallyportError } from '@sallyport/core'
import { GateError, type GateErrorCode } from '../errors.ts'

/** A {@link GateError} as data, for what crosses the boundary of an engine: JSON keeps no classes. */
export interface GateErrorData {
  /** For machines; stable. */
  readonly code: GateErrorCode
  /** What happened, in a sentence; never a secret. */
  readonly message: string
  /** Step of the promotion that failed. */
  readonly step?: string | undefined
  /** Which registry failed, when one did. */
  readonly side?: 'source' | 'target' | undefined
  /** Whether the same may succeed later without any change. */
  readonly retryable: boolean
}

/** Writes an error down. What is no error of the gate is one of the engine or of the step's surroundings: `ENGINE_FAILED`. */
export function toErrorData(cause: unknown): GateErrorData {
  if (isGateError(cause)) {
    const { code, message, step, side, retryable } = cause
    return { code, message, step, side, retryable }
  }
  const message = cause instanceof Error ? cause.message : String(cause)
  const code = isSallyportError(cause) ? `${cause.code}: ` : ''
  return {
    code: 'ENGINE_FAILED',
    message: `${code}${message}`,
    retryable: isSallyportError(cause) && cause.retryable,
  }
}

/** The error that was written down. */
export function fromErrorData({ code, message, ...options }: GateErrorData): GateError {
  return new GateError(code, message, options)
}

function isGateError(cause: unknown): cause is GateError {
  return cause instanceof GateError || (isSallyportError(cause) && cause.name === 'GateError')
}
