import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { mapConcurrent } from '../internal/map-concurrent.ts'
import { readBlob } from '../internal/read-blob.ts'
import type { PublicKey } from '../signing/parse-public-key.ts'
import type { Candidate } from './candidate.ts'
import type { EvidenceReport, EvidenceStore, RejectedEvidence, VerifiedEvidence } from './evidence.ts'
import { type EvidenceLimits, resolveLimits } from './evidence-limits.ts'
import { listBundles } from './list-bundles.ts'
import { listLegacy } from './list-legacy.ts'
import { Rejection, toRejection } from './rejection.ts'
import { verifyCandidate } from './verify-candidate.ts'

/** Options of {@link gatherEvidence}. */
export interface GatherOptions {
  readonly keys: readonly PublicKey[]
  /** Stores to look into. Default all. */
  readonly stores?: readonly EvidenceStore[] | undefined
  /** Leave out what is annotated with another predicate type. */
  readonly predicateType?: string | undefined
  readonly limits?: EvidenceLimits | undefined
  readonly signal?: AbortSignal | undefined
}

const allStores: readonly EvidenceStore[] = ['bundle', 'legacy-signature', 'legacy-attestation']

/** Reads and verifies the evidence about an image: the union of the stores, each candidate judged on its own. */
export async function gatherEvidence(
  repository: Repository,
  subject: Digest,
  { keys, stores = allStores, predicateType, limits, signal }: GatherOptions,
): Promise<EvidenceReport> {
  signal?.throwIfAborted()
  const { maxCandidates, maxBlobBytes, maxTotalBytes } = resolveLimits(limits)
  const options = { maxCandidates, predicateType, signal }
  const lists = await Promise.all(
    stores.map((store) =>
      store === 'bundle'
        ? listBundles(repository, subject, options)
        : listLegacy(repository, subject, store, options),
    ),
  )
  const candidates = lists.flatMap((list) => list.candidates)
  const rejected: RejectedEvidence[] = lists.flatMap((list) => list.rejected)
  const affordable = withinBudget(candidates, maxTotalBytes)
  const results = await mapConcurrent(
    candidates,
    6,
    async (candidate): Promise<VerifiedEvidence | undefined> => {
      try {
        if (!affordable.has(candidate)) {
          throw new Rejection('limit-exceeded', `all evidence together is larger than ${maxTotalBytes} bytes`)
        }
        const bytes = await readBlob(repository, candidate.blob, { maxBytes: maxBlobBytes, signal })
        return verifyCandidate(candidate, bytes, subject, keys)
      } catch (error) {
        signal?.throwIfAborted()
        const { store, manifest, blob } = candidate
        const { reason, message } = toRejection(error, 'bundle-invalid')
        rejected.push({ store, manifest, blob: blob.digest, reason, message })
        return undefined
      }
    },
  )
  return { subject, verified: results.filter((evidence) => evidence !== undefined), rejected }
}

/** The candidates that fit, smallest first, so that a few huge ones can't crowd out signatures and decisions. */
function withinBudget(candidates: readonly Candidate[], maxTotalBytes: number): ReadonlySet<Candidate> {
  let total = 0
  return new Set(
    candidates
      .toSorted((left, right) => left.blob.size - right.blob.size)
      .filter(({ blob }) => (total += blob.size) <= maxTotalBytes),
  )
}
