import type { Digest } from '@sallyport/core'
import type { EvidenceReport, EvidenceStore, VerifiedEvidence } from '../verify/evidence.ts'

/** What counts as the same evidence. */
export interface EquivalenceQuery {
  readonly store: EvidenceStore
  /** Digest of the exact bytes that are to be signed. */
  readonly payload: Digest
  readonly keyId: string
}

/**
 * Verified evidence of exactly these bytes by this key in one store. ECDSA signatures differ each time they are
 * made, so repeating a step must look for what is there instead of comparing signatures.
 */
export function findEquivalent(
  { verified }: EvidenceReport,
  { store, payload, keyId }: EquivalenceQuery,
): VerifiedEvidence | undefined {
  return verified.find(
    (evidence) => evidence.store === store && evidence.payload === payload && evidence.keyId === keyId,
  )
}
