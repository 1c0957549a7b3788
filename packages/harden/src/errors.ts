import { SallyportError } from '@sallyport/core'

/** Codes of {@link HardenError}. */
export type HardenErrorCode =
  | 'ENTRYPOINT_UNRESOLVED'
  | 'DATABASE_INVALID'
  | 'INVARIANT_BROKEN'
  | 'LIMIT_EXCEEDED'

/** An image could not be analysed or hardened. */
export class HardenError extends SallyportError<HardenErrorCode> {}
