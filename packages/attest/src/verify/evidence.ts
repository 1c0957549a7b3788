import type { Digest } from '@sallyport/core'
import type { Statement } from '../statement/statement.ts'
import type { EvidenceSigner, VerifiedLogEntry, VerifiedTime } from './evidence-signer.ts'

/**
 * Where a piece of evidence was found: a referrer with a Sigstore bundle, the `.sig` or `.att` tag, or a referrer whose
 * layers are as under these tags (cosign's experimental OCI 1.1 mode; read, never written).
 */
export type EvidenceStore =
  | 'bundle'
  | 'legacy-signature'
  | 'legacy-attestation'
  | 'artifact-signature'
  | 'artifact-attestation'

/** Evidence about one image that verified. */
export interface VerifiedEvidence {
  /** Which form of storage it was found in. */
  readonly store: EvidenceStore
  /** Repository that it was found in, by name. */
  readonly repository?: string | undefined
  /** Digest of the manifest that carries it (the referrer, or the `.sig`/`.att` manifest). */
  readonly manifest: Digest
  /** Digest of the signed blob: bundle, envelope or simple-signing payload. */
  readonly blob: Digest
  /** Who signed it. */
  readonly signer: EvidenceSigner
  /** Verified times of the signature; empty when only a key vouches for it. */
  readonly times: readonly VerifiedTime[]
  /** Its entries in transparency logs; may be empty. */
  readonly logEntries: readonly VerifiedLogEntry[]
  /** Digest of the exact bytes that were signed: the statement's, or the simple-signing payload's. */
  readonly payload: Digest
  /** The statement; for a `.sig` signature one with the cosign sign predicate. */
  readonly statement: Statement
}

/** Why evidence does not count. */
export type RejectionReason =
  | 'manifest-invalid'
  | 'bundle-invalid'
  | 'signature-invalid'
  | 'key-unknown'
  | 'certificate-invalid'
  | 'log-invalid'
  | 'timestamp-invalid'
  | 'identity-mismatch'
  | 'subject-mismatch'
  | 'statement-invalid'
  | 'limit-exceeded'

/** Evidence that was found but does not count, and why. */
export interface RejectedEvidence {
  /** Which form of storage it was found in. */
  readonly store: EvidenceStore
  /** Repository that it was found in, by name. */
  readonly repository?: string | undefined
  /** Digest of the manifest that carries it; of the image itself when a manifest under a tag could not be read. */
  readonly manifest: Digest
  /** Layer that holds it, where there is one. */
  readonly blob?: Digest | undefined
  /** For machines; stable. */
  readonly reason: RejectionReason
  /** What is wrong with it, in a sentence. */
  readonly message: string
}

/** All evidence about one image, from every store. */
export interface EvidenceReport {
  /** The image. */
  readonly subject: Digest
  /** What counts. */
  readonly verified: readonly VerifiedEvidence[]
  /** What does not, and why. */
  readonly rejected: readonly RejectedEvidence[]
}
