import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link AdmissionError}. */
export type AdmissionErrorCode =
  | 'OPTIONS_INVALID'
  /** A policy document can't be used. */
  | 'POLICY_INVALID'
  /** A list of what is revoked can't be read or used. */
  | 'REVOCATIONS_INVALID'
  | 'REVIEW_INVALID'
  | 'REVIEW_TOO_LARGE'
  | 'REVIEW_TIMEOUT'
  | 'CLIENT_REFUSED'
  | 'CERTIFICATE_INVALID'
  | 'CLUSTER_UNAVAILABLE'

/** Fields of {@link AdmissionError} for machines. */
export interface AdmissionErrorOptions extends SallyportErrorOptions {
  /** HTTP status to answer a review with. */
  readonly status?: number | undefined
}

/** A review could not be judged. What is wrong with an image is a reason of its decision instead. */
export class AdmissionError extends SallyportError<AdmissionErrorCode> {
  /** HTTP status to answer a review with. */
  readonly status: number | undefined

  constructor(code: AdmissionErrorCode, message: string, options: AdmissionErrorOptions = {}) {
    super(code, message, options)
    this.status = options.status
  }
}
