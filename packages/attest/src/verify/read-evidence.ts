import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { resolveTrust } from '../trust/resolve-trust.ts'
import type { VerificationTrust } from '../trust/verification-trust.ts'
import type { EvidenceReport } from './evidence.ts'
import type { EvidenceLimits } from './evidence-limits.ts'
import { gatherEvidence } from './gather-evidence.ts'

/** Options of {@link readEvidence}. */
export interface ReadEvidenceOptions extends VerificationTrust {
  readonly limits?: EvidenceLimits | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads all evidence about an image, in every store (bundles as referrers, `.sig`, `.att`), and verifies each piece:
 * signature by one of the keys or with a certificate that the root vouches for, in-toto statement, subject. What does
 * not verify is listed with its reason and never hides what does. Without a root the key alone decides.
 *
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED` when one of the keys can't be used; `TRUST_INVALID` when a
 *   pattern or threshold makes no sense.
 * @throws {OciError} when the registry can't be read; then nothing is known about the evidence.
 */
export async function readEvidence(
  repository: Repository,
  subject: Digest,
  { limits, signal, ...trust }: ReadEvidenceOptions,
): Promise<EvidenceReport> {
  return gatherEvidence(repository, subject, { trust: resolveTrust(trust), limits, signal })
}
