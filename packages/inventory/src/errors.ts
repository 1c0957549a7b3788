import { SallyportError } from '@sallyport/core'

/** Codes of {@link InventoryError}. */
export type InventoryErrorCode = 'LIMIT_EXCEEDED' | 'CONTENT_NOT_KEPT'

/** An inventory or SBOM could not be made or read. */
export class InventoryError extends SallyportError<InventoryErrorCode> {}
