import { type Digest, SallyportError, type SallyportErrorOptions } from '@sallyport/core'

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
  | 'LAYOUT_UNREADABLE'
  | 'LAYOUT_UNWRITABLE'
  | 'ARCHIVE_INVALID'
  | 'READ_ONLY'
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
  /** Which end of a copy it happened at. */
  readonly side?: 'source' | 'target' | undefined
  /** What a copy found under a tag of the target that it would have had to overwrite. */
  readonly conflict?: TagDigests | undefined
}

/** One tag at both ends of a copy. */
export interface TagDigests {
  readonly tag: string
  readonly source: Digest
  readonly target: Digest
}

/** A registry, manifest or layout could not be read or written. */
export class OciError extends SallyportError<OciErrorCode> {
  readonly status: number | undefined
  readonly reference: string | undefined
  readonly side: 'source' | 'target' | undefined
  readonly conflict: TagDigests | undefined

  constructor(code: OciErrorCode, message: string, options: OciErrorOptions = {}) {
    super(code, message, options)
    this.status = options.status
    this.reference = options.reference
    this.side = options.side
    this.conflict = options.conflict
  }
}
