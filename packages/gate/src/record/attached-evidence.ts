import type { AttachedPiece } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'
import type { SignedBy } from './signed-by.ts'

/** A piece of evidence at the target, and by whom it is signed. */
export type AttachedEvidence = SignedBy & {
  /** Image or index that it is about. */
  readonly subject: Digest
  /** Predicate type (in-toto), as a URI. */
  readonly predicateType: string
  /** Where it is stored: as referrer, under a tag, or both. */
  readonly pieces: readonly AttachedPiece[]
}
