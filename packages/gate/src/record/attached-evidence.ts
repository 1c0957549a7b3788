import type { AttachedPiece } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'

/** A piece of evidence at the target. */
export interface AttachedEvidence {
  /** Image or index that it is about. */
  readonly subject: Digest
  /** Predicate type (in-toto), as a URI. */
  readonly predicateType: string
  /** Key that signed it: base64 of the SHA-256 of its SPKI form. */
  readonly keyId: string
  /** Where it is stored: as referrer, under a tag, or both. */
  readonly pieces: readonly AttachedPiece[]
}
