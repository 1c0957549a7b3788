import { type Digest, SallyportError, type SallyportErrorOptions } from '@sallyport/core'

/** Codes of {@link OciError}. */
export type OciErrorCode =
  /** Not a reference, locator, tag, digest or repository name. */
  | 'REFERENCE_INVALID'
  /** Malformed, contradicts its media type, or is index and image at once. */
  | 'MANIFEST_INVALID'
  /** Docker schema 1, an index that lists something else than manifests, or an image that Docker could not load. */
  | 'MANIFEST_UNSUPPORTED'
  /** No such tag or manifest. */
  | 'MANIFEST_NOT_FOUND'
  /** No such blob. */
  | 'BLOB_NOT_FOUND'
  /** Not signed in (401), or a token server that refuses or must not be asked. */
  | 'UNAUTHORIZED'
  /** Not allowed (403); some registries say so of what is not there. */
  | 'DENIED'
  /** A configuration file, credential helper, cloud or certificate that can't be used. */
  | 'CREDENTIALS_UNREADABLE'
  /** Other bytes than the digest says. */
  | 'DIGEST_MISMATCH'
  /** More or fewer bytes than the size says. */
  | 'SIZE_MISMATCH'
  /** Above one of the limits on size, number, depth or length. */
  | 'LIMIT_EXCEEDED'
  /** The file system lets nothing be read; see `cause`. */
  | 'LAYOUT_UNREADABLE'
  /** The file system lets nothing be written, or another writer holds the lock; see `cause`. */
  | 'LAYOUT_UNWRITABLE'
  /** A file that is no tar of images, is cut off, or contradicts itself. */
  | 'ARCHIVE_INVALID'
  /** A write to an archive that is only read. */
  | 'READ_ONLY'
  /** A tag that is not where it was expected, is immutable, held by something else, or contended. */
  | 'TAG_CONFLICT'
  /** Too many requests (429), after all tries. */
  | 'RATE_LIMITED'
  /** No answer: no connection, a broken one, or none in time. */
  | 'REGISTRY_UNREACHABLE'
  /** Any other answer, or one that can't be used; see `status` and `registryErrors`. */
  | 'REGISTRY_ERROR'
  /** A folder that is no OCI layout. */
  | 'LAYOUT_INVALID'
  /** A registry without a catalog, or one that does not delete what was asked. */
  | 'UNSUPPORTED'
  /** A text that is no {@link RepositoryCapabilities}. */
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
