import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link ScanError}. */
export type ScanErrorCode =
  | 'ADVISORIES_INVALID'
  | 'ADVISORIES_EMPTY'
  | 'SCANNER_MISSING'
  | 'SCANNER_FAILED'
  | 'SCANNER_TIMEOUT'
  | 'REPORT_INVALID'
  | 'SUBJECT_MISMATCH'
  | 'DATA_UNAVAILABLE'
  | 'DATABASE_INVALID'
  | 'DATABASE_OLDER'
  | 'DATABASE_UNVERIFIED'
  | 'FEED_INVALID'
  | 'CANARY_MISSED'
  | 'LIMIT_EXCEEDED'
  | 'OPTIONS_INVALID'
  | 'VEX_INVALID'
  | 'IGNORE_FILE_INVALID'

/** Fields of {@link ScanError} for machines. */
export interface ScanErrorOptions extends SallyportErrorOptions {
  /** Name of the scanner that it is about. */
  readonly scanner?: string | undefined
}

/** An image could not be scanned. */
export class ScanError extends SallyportError<ScanErrorCode> {
  /** Name of the scanner that it is about. */
  readonly scanner: string | undefined

  constructor(code: ScanErrorCode, message: string, options: ScanErrorOptions = {}) {
    super(code, message, options)
    this.scanner = options.scanner
  }
}
