import { SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link OciError}. */
export type OciErrorCode =
  | 'REFERENCE_INVALID'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNSUPPORTED'
  | 'MANIFEST_NOT_FOUND'
  | 'BLOB_NOT_FOUND'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'CREDENTIALS_UNREADABLE'
  | 'DIGEST_MISMATCH'
  | 'SIZE_MISMATCH'
  | 'LIMIT_EXCEEDED'
  | 'TAG_CONFLICT'
  | 'RATE_LIMITED'
  | 'REGISTRY_UNREACHABLE'
  | 'REGISTRY_ERROR'
  | 'LAYOUT_INVALID'
  | 'UNSUPPORTED'
  | 'CAPABILITIES_INVALID'

/** Fields of {@link OciError} for machines. */
export interface OciErrorOptions extends SallyportErrorOptions {
  /** HTTP status of the registry's answer, when there was one. */
  readonly status?: number | undefined
  /** The reference, repository or blob concerned. */
  readonly reference?: string | undefined
}

/** A registry, manifest or layout could not be read or written. */
export class OciError extends SallyportError<OciErrorCode> {
  readonly status: number | undefined
  readonly reference: string | undefined

  constructor(code: OciErrorCode, message: string, options: OciErrorOptions = {}) {
    super(code, message, options)
    this.status = options.status
    this.reference = options.reference
  }
}
