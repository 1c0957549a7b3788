import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link MonitorError}. */
export type MonitorErrorCode =
  | 'OPTIONS_INVALID'
  | 'DELIVERY_REFUSED'
  | 'DELIVERY_INVALID'
  | 'DELIVERY_TOO_LARGE'
  | 'SOURCE_UNAVAILABLE'
  | 'SINK_FAILED'
  | 'RESPONSE_REFUSED'

/** Fields of {@link MonitorError} for machines. */
export interface MonitorErrorOptions extends SallyportErrorOptions {
  /** Name of the source or sink. */
  readonly subject?: string | undefined
  /** HTTP status to answer a delivery with, or that a sink answered with. */
  readonly status?: number | undefined
  /** How long a sink asked to be left alone, in milliseconds. */
  readonly retryAfterMs?: number | undefined
}

/** Something could not be monitored. What is wrong in a registry is an alert instead. */
export class MonitorError extends SallyportError<MonitorErrorCode> {
  /** Name of the source or sink. */
  readonly subject: string | undefined
  /** HTTP status to answer a delivery with, or that a sink answered with. */
  readonly status: number | undefined
  /** How long a sink asked to be left alone, in milliseconds. */
  readonly retryAfterMs: number | undefined

  constructor(code: MonitorErrorCode, message: string, options: MonitorErrorOptions = {}) {
    super(code, message, options)
    this.subject = options.subject
    this.status = options.status
    this.retryAfterMs = options.retryAfterMs
  }
}
