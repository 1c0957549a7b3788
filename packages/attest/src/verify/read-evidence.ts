import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { parsePublicKey } from '../signing/parse-public-key.ts'
import type { EvidenceReport } from './evidence.ts'
import type { EvidenceLimits } from './evidence-limits.ts'
import { gatherEvidence } from './gather-evidence.ts'

/** Options of {@link readEvidence}. */
export interface ReadEvidenceOptions {
  /** Public keys in PEM whose signatures count. */
  readonly keys: readonly string[]
  readonly limits?: EvidenceLimits | undefined
  readonly signal?: AbortSignal | undefined
}

/**
 * Reads all evidence about an image, in every store (bundles as referrers, `.sig`, `.att`), and verifies each piece:
 * signature by one of the keys, in-toto statement, subject. What does not verify is listed with its reason and never
 * hides what does. Transparency log entries are not looked at: the key alone decides.
 *
 * @throws {AttestError} `KEY_INVALID`, `KEY_UNSUPPORTED` when one of the keys can't be used.
 * @throws {OciError} when the registry can't be read; then nothing is known about the evidence.
 */
export async function readEvidence(
  repository: Repository,
  subject: Digest,
  { keys, limits, signal }: ReadEvidenceOptions,
): Promise<EvidenceReport> {
  return gatherEvidence(repository, subject, { keys: keys.map(parsePublicKey), limits, signal })
}
