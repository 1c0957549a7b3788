import type { AttachedPiece } from '@sallyport/attest'
import type { Digest } from '@sallyport/core'

/** A piece of evidence at the target. */
export interface AttachedEvidence {
  readonly subject: Digest
  readonly predicateType: string
  readonly keyId: string
  /** Where it is stored: as referrer, under a tag, or both. */
  readonly pieces: readonly AttachedPiece[]
}
