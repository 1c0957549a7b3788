import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link AttestError}. */
export type AttestErrorCode =
  | 'KEY_INVALID'
  | 'KEY_UNSUPPORTED'
  | 'SIGNING_FAILED'
  | 'STATEMENT_INVALID'
  | 'PREDICATE_INVALID'
  | 'TRUST_INVALID'
  | 'TRUST_ROOT_INVALID'
  | 'STORE_CONFLICT'
  | 'REQUIREMENT_INVALID'
  | 'LIMIT_EXCEEDED'
  | 'KMS_REFERENCE_INVALID'
  | 'KMS_UNCONFIGURED'
  | 'KMS_ERROR'
  | 'IDENTITY_UNAVAILABLE'
  | 'IDENTITY_INVALID'
  | 'SERVICE_UNAVAILABLE'
  | 'SERVICE_REFUSED'
  | 'SERVICE_INVALID'
  | 'WITNESS_MISSING'
  | 'SIGNING_CONFIG_INVALID'
  | 'TUF_UNCONFIGURED'
  | 'TUF_UNREACHABLE'
  | 'TUF_INVALID'
  | 'TUF_TARGET_MISSING'
  | 'TUF_CACHE_UNUSABLE'

/** A key management service that did not do what it was asked to. */
export interface KmsFailure {
  /** What holds the key. */
  readonly service: 'aws-kms' | 'gcp-kms' | 'azure-kms' | 'vault'
  /** The key, as the caller named it. */
  readonly reference: string
  /** HTTP status of the answer, when there was one. */
  readonly status?: number | undefined
  /** What the service calls the error, e.g. `AccessDeniedException`; Vault has no names. */
  readonly serviceCode?: string | undefined
}

/** Fields of {@link AttestError} for machines. */
export interface AttestErrorOptions extends SallyportErrorOptions {
  /** The service concerned, when a key is in one. */
  readonly kms?: KmsFailure | undefined
}

/** Something could not be signed, stored or read. A signature that does not verify is a value, not an error. */
export class AttestError extends SallyportError<AttestErrorCode> {
  /** The service concerned, when a key is in one. */
  readonly kms: KmsFailure | undefined

  constructor(code: AttestErrorCode, message: string, options: AttestErrorOptions = {}) {
    super(code, message, options)
    this.kms = options.kms
  }
}
