import { SallyportError } from './sallyport-error.ts'

/** Codes of {@link CoreError}. */
export type CoreErrorCode = 'DIGEST_INVALID' | 'PLATFORM_INVALID'

/** A malformed digest or platform. */
export class CoreError extends SallyportError<CoreErrorCode> {}
