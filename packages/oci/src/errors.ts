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

/** Codes that registries put into their answers (OCI distribution specification, "Error Codes"). */
export type DistributionErrorCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'UNAUTHORIZED'
  | 'DENIED'
  | 'UNSUPPORTED'
  | 'TOOMANYREQUESTS'

/** One error of a registry's answer, shortened and fit for printing. */
export interface RegistryError {
  /** One of the specification's codes, or one of the registry's own. */
  readonly code: DistributionErrorCode | (string & {})
  /** Empty when the registry gave none. */
  readonly message: string
  /** JSON where the registry gave more than a text. */
  readonly detail?: string | undefined
}

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
  /** What the registry's answer says, when it holds a list of errors; at most 20. */
  readonly registryErrors?: readonly RegistryError[] | undefined
}

/** One tag at both ends of a copy. */
export interface TagDigests {
  /** The tag. */
  readonly tag: string
  /** Where the source has it. */
  readonly source: Digest
  /** Where the target has it. */
  readonly target: Digest
}

/** A registry, manifest or layout could not be read or written. */
export class OciError extends SallyportError<OciErrorCode> {
  /** HTTP status of the registry's answer, when there was one. */
  readonly status: number | undefined
  /** The reference, repository, blob or file concerned. */
  readonly reference: string | undefined
  /** Which end of a copy it happened at. */
  readonly side: 'source' | 'target' | undefined
  /** What a copy found under a tag of the target that it would have had to overwrite. */
  readonly conflict: TagDigests | undefined
  /** What the registry's answer says, when it holds a list of errors; at most 20. */
  readonly registryErrors: readonly RegistryError[] | undefined

  constructor(code: OciErrorCode, message: string, options: OciErrorOptions = {}) {
    super(code, message, options)
    this.status = options.status
    this.reference = options.reference
    this.side = options.side
    this.conflict = options.conflict
    this.registryErrors = options.registryErrors
  }
}
