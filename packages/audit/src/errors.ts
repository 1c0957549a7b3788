import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link AuditError}. */
export type AuditErrorCode =
  | 'OPTIONS_INVALID'
  | 'LISTING_FAILED'
  | 'LISTING_INVALID'
  | 'BUDGET_EXCEEDED'
  | 'AUDIT_UNKNOWN'
  | 'AUDIT_SUPERSEDED'
  | 'PLAN_INVALID'
  | 'DEPLOYMENTS_INVALID'
  | 'REPORT_INVALID'

/** Fields of {@link AuditError} for machines. */
export interface AuditErrorOptions extends SallyportErrorOptions {
  /** What it is about: `registry`, `registry/repository`, or a file with its place. */
  readonly subject?: string | undefined
  /** HTTP status of a registry's own interface. */
  readonly status?: number | undefined
}

/** An audit, or what follows from one, could not be done. What could not be judged of one image is a record instead. */
export class AuditError extends SallyportError<AuditErrorCode> {
  /** What it is about: `registry`, `registry/repository`, or a file with its place. */
  readonly subject: string | undefined
  /** HTTP status of a registry's own interface. */
  readonly status: number | undefined

  constructor(code: AuditErrorCode, message: string, options: AuditErrorOptions = {}) {
    super(code, message, options)
    this.subject = options.subject
    this.status = options.status
  }
}
