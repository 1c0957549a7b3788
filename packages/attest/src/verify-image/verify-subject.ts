import { type Digest, isSallyportError, type SallyportError, type Verdict } from '@sallyport/core'
import type { ListedReferrer, Repository } from '@sallyport/oci'
import type { ResolvedTrust } from '../trust/resolve-trust.ts'
import type { EvidenceStore, RejectedEvidence } from '../verify/evidence.ts'
import type { EvidenceLimits } from '../verify/evidence-limits.ts'
import { gatherEvidence } from '../verify/gather-evidence.ts'
import {
  type CompiledRequirement,
  type EvidenceRequirement,
  evidenceRequirementsOf,
} from './compiled-requirement.ts'
import type { ExamineCandidate } from './examine-candidate.ts'
import type { CandidatePlace } from './image-verdict.ts'
import { storesFor } from './stores-for.ts'
import { createTally, type RequirementTally } from './requirement-tally.ts'

/** What was found out about one subject. */
export interface SubjectFindings {
  readonly subject: Digest
  readonly verdict: Verdict
  /** What kept the registry from answering. */
  readonly failure?: SallyportError | undefined
  readonly tallies: ReadonlyMap<EvidenceRequirement, RequirementTally>
  /** Where was looked, the subject itself and the index above it. */
  readonly looked: readonly LookedInto[]
}

/** What is known of the evidence about one digest besides what the tallies hold. */
export interface LookedInto {
  readonly about: Digest
  readonly stores: readonly EvidenceStore[]
  readonly referrers: readonly ListedReferrer[]
  readonly rejected: readonly RejectedEvidence[]
  /** Candidates that verified. */
  readonly verified: readonly CandidatePlace[]
  /** Candidates that were not verified because nobody needs their type. */
  readonly unneeded: readonly (CandidatePlace & { readonly predicateType: string })[]
}

/** Options of {@link verifySubject}. */
export interface VerifySubjectOptions {
  readonly requirements: readonly CompiledRequirement[]
  readonly trust: ResolvedTrust
  readonly examine: ExamineCandidate
  readonly now: Date
  /** An index that lists the subject, whose evidence counts too. */
  readonly parent?: Digest | undefined
  readonly evidenceRepository?: Repository | undefined
  readonly limits?: EvidenceLimits | undefined
  readonly signal?: AbortSignal | undefined
}

/** Looks for evidence about one subject until all requirements are satisfied, or nothing is left to look at. */
export async function verifySubject(
  repository: Repository,
  subject: Digest,
  { requirements, trust, examine, now, parent, evidenceRepository, limits, signal }: VerifySubjectOptions,
): Promise<SubjectFindings> {
  const leaves = requirements.flatMap(evidenceRequirementsOf)
  const tallies = new Map(leaves.map((leaf) => [leaf, createTally(leaf, now)]))
  const findOpenTallies = (): readonly RequirementTally[] =>
    requirements.flatMap((requirement) => findOpen(requirement, tallies))
  const looked: LookedInto[] = []
  let failure: SallyportError | undefined

  const look = async (about: Digest): Promise<void> => {
    const open = (): readonly RequirementTally[] =>
      findOpenTallies().filter(({ requirement }) => about === subject || requirement.countsForPlatforms)
    const needed = open().map(({ requirement }) => requirement)
    if (needed.length === 0) return
    const stores = [...new Set(needed.flatMap(storesFor))]
    const context = { subject: about, now, inventories: new Map(), signal }
    const referrers: ListedReferrer[] = []
    const verified: CandidatePlace[] = []
    const unneeded: (CandidatePlace & { readonly predicateType: string })[] = []
    let rejected: readonly RejectedEvidence[] = []
    try {
      const report = await gatherEvidence(repository, about, {
        trust,
        stores,
        evidenceRepository,
        predicateTypes: [...new Set(needed.flatMap(({ predicateTypes }) => predicateTypes))],
        limits,
        signal,
        onListed: (entries) => referrers.push(...entries),
        isSatisfied: () => findOpenTallies().length === 0,
        judge: async (candidate, read) => {
          const isNeeded = (predicateType: string): boolean =>
            open().some(({ requirement }) => requirement.reads(predicateType))
          const examination = await examine({ candidate, subject: about, read, isNeeded })
          const { store, manifest, blob } = candidate
          const elsewhere =
            candidate.repository === repository ? {} : { repository: candidate.repository.name }
          const place = { subject: about, store, ...elsewhere, manifest, blob: blob.digest }
          if (examination.state === 'unneeded') {
            unneeded.push({ ...place, predicateType: examination.predicateType })
            return undefined
          }
          verified.push(place)
          const evidence = { ...examination.evidence, ...elsewhere }
          for (const tally of open()) await tally.add({ evidence, context })
          return evidence
        },
      })
      rejected = report.rejected
    } catch (error) {
      signal?.throwIfAborted()
      if (!isSallyportError(error)) throw error
      failure ??= error
    }
    looked.push({ about, stores, referrers, rejected, verified, unneeded })
  }

  await look(subject)
  if (parent !== undefined) await look(parent)
  return { subject, verdict: decide(findOpenTallies(), failure), failure, tallies, looked }
}

/** The requirements for evidence that still matter: not satisfied, and not in a group that is. */
function findOpen(
  requirement: CompiledRequirement,
  tallies: ReadonlyMap<EvidenceRequirement, RequirementTally>,
): readonly RequirementTally[] {
  if (isSatisfied(requirement, tallies)) return []
  if (requirement.type === 'group') return requirement.parts.flatMap((part) => findOpen(part, tallies))
  const tally = tallies.get(requirement)
  return tally === undefined ? [] : [tally]
}

/** Whether a requirement is satisfied by what was counted. */
export function isSatisfied(
  requirement: CompiledRequirement,
  tallies: ReadonlyMap<EvidenceRequirement, RequirementTally>,
): boolean {
  if (requirement.type === 'evidence') return tallies.get(requirement)?.isSatisfied() ?? false
  return requirement.parts.filter((part) => isSatisfied(part, tallies)).length >= requirement.needed
}

/** What was not satisfied is a failure only when everything that might have satisfied it could be judged. */
function decide(open: readonly RequirementTally[], failure: SallyportError | undefined): Verdict {
  if (open.length === 0) return 'pass'
  const unjudged = open.some(({ missed }) => missed.some(({ problem }) => problem.code === 'condition-threw'))
  return failure !== undefined || unjudged ? 'error' : 'fail'
}
