import { SallyportError } from '@sallyport/core'

/** Codes of {@link HardenError}. */
export type HardenErrorCode = 'ENTRYPOINT_UNRESOLVED' | 'INVARIANT_BROKEN'

/** An image could not be analysed or hardened. */
export class HardenError extends SallyportError<HardenErrorCode> {}
