import { SallyportError } from '@sallyport/core'

/** Codes of {@link InventoryError}. */
export type InventoryErrorCode =
  | 'LIMIT_EXCEEDED'
  | 'CONTENT_NOT_KEPT'
  /** A document that says it is an SBOM of a known form, and breaks the rules of that form. */
  | 'SBOM_INVALID'
  /** An SBOM of a form or version that is not read, or nothing that is known as an SBOM. */
  | 'SBOM_UNSUPPORTED'

/** An inventory or SBOM could not be made or read. */
export class InventoryError extends SallyportError<InventoryErrorCode> {}
