import { SallyportError } from '@sallyport/core'

/** Codes of {@link HardenError}. */
export type HardenErrorCode =
  | 'ENTRYPOINT_UNRESOLVED'
  | 'INVARIANT_BROKEN'
  | 'MIRROR_FILE_MISSING'
  | 'MIRROR_UNAVAILABLE'
  | 'SIGNATURE_INVALID'
  | 'INDEX_INVALID'
  | 'INDEX_MISMATCH'
  | 'INDEX_EXPIRED'
  | 'INDEX_ROLLED_BACK'
  | 'CHECKSUM_MISMATCH'
  | 'ARCHIVE_INVALID'
  | 'LIMIT_EXCEEDED'

/** An image could not be analysed or hardened. */
export class HardenError extends SallyportError<HardenErrorCode> {}
