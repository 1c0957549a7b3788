import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { resolveTrust } from '../trust/resolve-trust.ts'
import type { VerificationTrust } from '../trust/verification-trust.ts'
import type { EvidenceReport } from './evidence.ts'
import type { EvidenceLimits } from './evidence-limits.ts'
import { gatherEvidence } from './gather-evidence.ts'

/** Options of {@link readEvidence}. */
export interface ReadEvidenceOptions extends VerificationTrust {
  /** Another repository where evidence about the image is kept (`COSIGN_REPOSITORY`); looked into as well. */
  readonly evidenceRepository?: Repository | undefined
  /** Limits on what is read. */
  readonly limits?: EvidenceLimits | undefined
  /** Default: the system's. Used only for signatures that nothing else dates. */
  readonly now?: (() => Date) | undefined
  /** Ends the reading; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads all evidence about an image, in every store (bundles and cosign's experimental artifacts as referrers, `.sig`,
 * `.att`), and verifies each piece: signature by a trusted key or certificate, in-toto statement, subject. What does
 * not verify is listed with its reason and never hides what does.
 *
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED`, `TRUST_INVALID` when the trust makes no sense.
 * @throws {AttestError} `LIMIT_EXCEEDED` when the registry lists nothing within the time.
 * @throws {OciError} when the registry can't be read; then nothing is known about the evidence.
 */
export async function readEvidence(
  repository: Repository,
  subject: Digest,
  { evidenceRepository, limits, now, signal, ...trust }: ReadEvidenceOptions,
): Promise<EvidenceReport> {
  return gatherEvidence(repository, subject, {
    trust: resolveTrust(trust, { now }),
    evidenceRepository,
    limits,
    signal,
  })
}
