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
  | 'SMOKE_UNAVAILABLE'

/** An image could not be analysed or hardened. */
export class HardenError extends SallyportError<HardenErrorCode> {}
