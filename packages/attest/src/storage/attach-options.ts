import type { Digest } from '@sallyport/core'
import type { EvidenceStore } from '../verify/evidence.ts'
import type { EvidenceLimits } from '../verify/evidence-limits.ts'

/**
 * In which form evidence is stored: as a Sigstore bundle that refers to the image (cosign 3), in the older `.sig`
 * and `.att` tags, or in both. A single readable bundle makes cosign 3 ignore the tags, so what is written has to
 * be complete in each form that is used.
 */
export type StorageMode = 'bundle' | 'legacy' | 'both'

/** Options of attaching evidence to an image. */
export interface AttachOptions {
  /** Default `both`. */
  readonly mode?: StorageMode | undefined
  /** Time noted on what is written. */
  readonly createdAt: Date
  /**
   * How long to wait before a tag that several writers may be changing is read back, in milliseconds. Has to be
   * longer than another writer needs from reading the tag to writing it. Default: three times what this write took,
   * at least 50 ms. The registry protocol has no conditional write, so this is what keeps concurrent writers' layers.
   */
  readonly settleMs?: number | undefined
  /** Limits of looking for evidence that is there already. */
  readonly limits?: EvidenceLimits | undefined
  readonly signal?: AbortSignal | undefined
}

/** Where a piece of evidence is stored. */
export interface AttachedEvidence {
  readonly store: EvidenceStore
  /** Manifest that carries it at the time of writing; a `.sig`/`.att` manifest changes with each further layer. */
  readonly manifest: Digest
  /** The bundle, envelope or payload. */
  readonly blob: Digest
  /** Whether verified evidence of the same content by the same key was there already, and nothing was written. */
  readonly existing: boolean
}
