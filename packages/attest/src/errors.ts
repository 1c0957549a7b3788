import { SallyportError } from '@sallyport/core'

/** Codes of {@link AttestError}. */
export type AttestErrorCode =
  | 'KEY_INVALID'
  | 'KEY_UNSUPPORTED'
  | 'SIGNING_FAILED'
  | 'STATEMENT_INVALID'
  | 'TRUST_INVALID'
  | 'TRUST_ROOT_INVALID'
  | 'PREDICATE_INVALID'
  | 'STORE_CONFLICT'
  | 'LIMIT_EXCEEDED'
  | 'REQUIREMENT_INVALID'

/** Something could not be signed, stored or read. A signature that does not verify is a value, not an error. */
export class AttestError extends SallyportError<AttestErrorCode> {}
