import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { predicateTypes } from '../statement/statement.ts'
import type { CandidateList } from '../verify/candidate.ts'
import type { EvidenceStore } from '../verify/evidence.ts'
import { listBundles } from '../verify/list-bundles.ts'
import { listLegacy } from '../verify/list-legacy.ts'
import type { EvidenceRequirement } from './compiled-requirement.ts'
import type { SubjectCandidate } from './examine-candidate.ts'

/** What one store holds about one subject. */
export interface StoreListing extends CandidateList {
  readonly subject: Digest
  readonly store: EvidenceStore
}

/** Stores that can hold evidence for a requirement. */
export function storesFor({ kind }: Pick<EvidenceRequirement, 'kind'>): readonly EvidenceStore[] {
  return kind === 'signature' ? ['bundle', 'legacy-signature'] : ['bundle', 'legacy-attestation']
}

/** Lists what is stored about a subject, in the stores that the requirements can use. */
export async function listCandidates(
  repository: Repository,
  subject: Digest,
  requirements: readonly EvidenceRequirement[],
  { maxCandidates, signal }: { readonly maxCandidates: number; readonly signal?: AbortSignal | undefined },
): Promise<readonly StoreListing[]> {
  const stores = [...new Set(requirements.flatMap(storesFor))]
  return Promise.all(
    stores.map(async (store) => {
      const options = { maxCandidates, signal }
      const list = await (store === 'bundle'
        ? listBundles(repository, subject, options)
        : listLegacy(repository, subject, store, options))
      return { subject, store, ...list }
    }),
  )
}

/**
 * The order in which candidates are examined: first what is annotated as a type that is needed, then what is not
 * annotated, then the rest, as an annotation proves nothing; within each the smallest first.
 */
export function orderCandidates(
  listings: readonly StoreListing[],
  isNeeded: (predicateType: string) => boolean,
): readonly SubjectCandidate[] {
  const rank = ({ store, annotatedType }: SubjectCandidate): number => {
    const type = store === 'legacy-signature' ? predicateTypes.cosignSign : annotatedType
    if (type === undefined) return 1
    return isNeeded(type) ? 0 : 2
  }
  return listings
    .flatMap(({ subject, candidates }) => candidates.map((candidate) => ({ ...candidate, subject })))
    .toSorted((left, right) => rank(left) - rank(right) || left.blob.size - right.blob.size)
}
