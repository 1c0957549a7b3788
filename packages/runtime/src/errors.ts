import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link RuntimeError}. */
export type RuntimeErrorCode =
  | 'OPTIONS_INVALID'
  | 'BASELINE_INVALID'
  | 'CONTAINER_UNAVAILABLE'
  | 'PROFILE_INVALID'
  | 'EVENTS_INVALID'

/** Fields of {@link RuntimeError} for machines. */
export interface RuntimeErrorOptions extends SallyportErrorOptions {
  /** The file, container or source of events concerned. */
  readonly subject?: string | undefined
}

/** A container could not be compared. What differs, and what could not be read, is in the report instead. */
export class RuntimeError extends SallyportError<RuntimeErrorCode> {
  /** The file, container or source of events concerned. */
  readonly subject: string | undefined

  constructor(code: RuntimeErrorCode, message: string, options: RuntimeErrorOptions = {}) {
    super(code, message, options)
    this.subject = options.subject
  }
}
