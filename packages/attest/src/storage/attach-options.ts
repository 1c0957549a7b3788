import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { Witness } from '../ports/witness.ts'
import type { VerificationTrust } from '../trust/verification-trust.ts'
import type { EvidenceStore } from '../verify/evidence.ts'

/** In which forms evidence is stored: as referrer (cosign v3), under tags (cosign v2), or as both. */
export type StorageMode = 'bundle' | 'legacy' | 'both'

/** Options of `attachAttestation`. */
export interface AttachOptions {
  /** Default `both`, because a reader of one form does not look for the other. */
  readonly mode?: StorageMode | undefined
  /** Time that the stored manifest names. Default: now, by the machine's clock. */
  readonly createdAt?: Date | undefined
  /**
   * Shortest pause, in milliseconds, after which what was written under a tag is read back, in case another writer
   * wrote at the same time. Default 400, as in the client's own lists; 0 where nobody else writes.
   */
  readonly settleMs?: number | undefined
  /** Logs and timestamp authorities that confirm each signature. A certificate needs one that vouches for the time. */
  readonly witnesses?: readonly Witness[] | undefined
  /**
   * What counts as being there already. Default: evidence by the signer's key. With certificates, which last for
   * minutes: a trusted root, and the signer's own identity, which it names itself or `identities` do; without them
   * everything is written anew.
   */
  readonly trust?: VerificationTrust | undefined
  /** Where evidence is stored and looked for instead of beside the image (`COSIGN_REPOSITORY`). */
  readonly evidenceRepository?: Repository | undefined
  /** Ends the work; the promise rejects with `signal.reason`. What was stored by then stays. */
  readonly signal?: AbortSignal | undefined
}

/** One place where evidence is stored. */
export interface AttachedPiece {
  /** Which form of storage it is. */
  readonly store: EvidenceStore
  /**
   * Manifest that carries it at this time. Appending under a tag makes a new one: to find the piece again, look for
   * its store, payload and key.
   */
  readonly manifest: Digest
  /** Digest of the bundle, envelope or payload. */
  readonly blob: Digest
  /** Digest of the bytes that were signed. */
  readonly payload: Digest
}

/** What is attached now. */
export interface AttachResult {
  /** Key that signed; empty when a certificate of an earlier call did. */
  readonly keyId: string
  /** One for each store of the mode. */
  readonly pieces: readonly AttachedPiece[]
  /** `false` when everything was there already. */
  readonly written: boolean
}
