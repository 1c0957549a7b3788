import { SallyportError } from '@sallyport/core'

/** Codes of {@link HardenError}. */
export type HardenErrorCode =
  | 'ENTRYPOINT_UNRESOLVED'
  | 'EVIDENCE_INCOMPLETE'
  | 'EVIDENCE_INVALID'
  | 'EVIDENCE_MISMATCH'
  | 'INVARIANT_BROKEN'
  | 'LIMIT_EXCEEDED'
  | 'MANIFEST_INVALID'
  | 'PLAN_INVALID'
  | 'PROOF_MISSING'
  | 'SMOKE_UNAVAILABLE'
  | 'MIRROR_FILE_MISSING'
  | 'MIRROR_UNAVAILABLE'
  | 'SIGNATURE_INVALID'
  | 'INDEX_INVALID'
  | 'INDEX_MISMATCH'
  | 'INDEX_EXPIRED'
  | 'INDEX_ROLLED_BACK'
  | 'CHECKSUM_MISMATCH'
  | 'ARCHIVE_INVALID'

/** An image could not be analysed or hardened. */
export class HardenError extends SallyportError<HardenErrorCode> {}
