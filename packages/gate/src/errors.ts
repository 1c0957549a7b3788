import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link GateError}. */
export type GateErrorCode =
  | 'REFERENCE_INVALID'
  | 'OPTIONS_INVALID'
  | 'STEP_FAILED'
  | 'TAG_CONFLICT'
  | 'SOURCE_MOVED'
  | 'VERIFICATION_FAILED'
  | 'JOURNAL_CORRUPT'
  | 'JOURNAL_FULL'
  | 'JOURNAL_LOCKED'
  | 'JOURNAL_UNAVAILABLE'
  | 'QUARANTINE_UNKNOWN'
  | 'QUARANTINE_CONFLICT'
  | 'NOT_WAIVABLE'
  | 'UNJUDGED'
  | 'DECISION_EXPIRED'
  | 'FROZEN'
  | 'ALREADY_RUNNING'
  | 'CANCELLED'
  | 'QUEUE_FULL'
  | 'RELEASE_STOPPED'
  | 'NOTHING_TO_ROLL_BACK'
  | 'ENGINE_FAILED'

/** Fields of {@link GateError} for machines. */
export interface GateErrorOptions extends SallyportErrorOptions {
  /** Step of the promotion that failed. */
  readonly step?: string | undefined
  /** Which registry failed, when one did. */
  readonly side?: 'source' | 'target' | undefined
}

/** A promotion could not be completed. */
export class GateError extends SallyportError<GateErrorCode> {
  /** Step that failed, where one did. */
  readonly step: string | undefined
  /** Registry that failed, where one did. */
  readonly side: 'source' | 'target' | undefined

  constructor(code: GateErrorCode, message: string, options: GateErrorOptions = {}) {
    super(code, message, options)
    this.step = options.step
    this.side = options.side
  }
}
