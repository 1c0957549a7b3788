import type { Digest, Verdict } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { EvidenceStore } from '../verify/evidence.ts'
import {
  type CompiledRequirement,
  type EvidenceRequirement,
  evidenceRequirementsOf,
  type JudgeContext,
} from './compiled-requirement.ts'
import type { CandidateExaminer, Examination, SubjectCandidate } from './examine-candidate.ts'
import { listCandidates, orderCandidates, type StoreListing } from './list-candidates.ts'
import { createTally, type RequirementTally } from './requirement-tally.ts'

/** What was found out about one subject. */
export interface SubjectFindings {
  readonly subject: Digest
  readonly verdict: Verdict
  readonly listings: readonly StoreListing[]
  readonly examined: readonly ExaminedCandidate[]
  readonly tallies: ReadonlyMap<EvidenceRequirement, RequirementTally>
}

/** A candidate and what became of it. */
export interface ExaminedCandidate {
  readonly candidate: SubjectCandidate
  readonly examination: Examination
}

/** Options of {@link verifySubject}. */
export interface VerifySubjectOptions {
  readonly requirements: readonly CompiledRequirement[]
  readonly examiner: CandidateExaminer
  readonly now: Date
  /** An index that lists the subject, whose evidence counts too. */
  readonly parent?: Digest | undefined
  readonly maxCandidates: number
  readonly maxTotalBytes: number
  readonly signal?: AbortSignal | undefined
}

/** Candidates that are fetched at once. */
const batchSize = 6

/** Looks for evidence about one subject until all requirements are satisfied, or nothing is left to look at. */
export async function verifySubject(
  repository: Repository,
  subject: Digest,
  { requirements, examiner, now, parent, maxCandidates, maxTotalBytes, signal }: VerifySubjectOptions,
): Promise<SubjectFindings> {
  const leaves = requirements.flatMap(evidenceRequirementsOf)
  const tallies = new Map(leaves.map((leaf) => [leaf, createTally(leaf, now)]))
  const contexts = new Map<Digest, JudgeContext>()
  const contextOf = (digest: Digest): JudgeContext => {
    const context = contexts.get(digest) ?? { subject: digest, inventories: new Map(), signal }
    contexts.set(digest, context)
    return context
  }
  const openTallies = (): readonly RequirementTally[] =>
    requirements.flatMap((requirement) => findOpen(requirement, tallies))
  const isNeeded = (predicateType: string): boolean =>
    openTallies().some(({ requirement }) => requirement.predicateTypes.has(predicateType))

  const listings: StoreListing[] = []
  const examined: ExaminedCandidate[] = []
  let budget = maxTotalBytes
  for (const about of parent === undefined ? [subject] : [subject, parent]) {
    if (openTallies().length === 0) break
    const found = await listCandidates(
      repository,
      about,
      openTallies().map(({ requirement }) => requirement),
      { maxCandidates, signal },
    )
    listings.push(...found)
    const affordable: SubjectCandidate[] = []
    for (const candidate of orderCandidates(found, isNeeded)) {
      if (candidate.blob.size > budget) {
        examined.push({ candidate, examination: tooMuch(maxTotalBytes) })
        continue
      }
      budget -= candidate.blob.size
      affordable.push(candidate)
    }
    for (let next = 0; next < affordable.length && openTallies().length > 0; next += batchSize) {
      const batch = affordable.slice(next, next + batchSize)
      const loaded = await Promise.all(batch.map((candidate) => examiner.load(candidate, isNeeded)))
      for (const one of loaded) {
        const open = openTallies()
        if (open.length === 0) break
        signal?.throwIfAborted()
        const { candidate } = one
        const examination = await examiner.examine(one, isNeeded)
        examined.push({ candidate, examination })
        if (examination.state !== 'verified') continue
        const judged = { evidence: examination.evidence, context: contextOf(candidate.subject) }
        for (const tally of open) {
          if (canUse(tally.requirement, candidate, subject)) await tally.add(judged)
        }
        signal?.throwIfAborted()
      }
    }
  }
  return { subject, verdict: decide(openTallies(), examined), listings, examined, tallies }
}

function tooMuch(maxTotalBytes: number): Examination {
  return {
    state: 'rejected',
    reason: 'limit-exceeded',
    message: `all evidence together is larger than ${maxTotalBytes} bytes`,
  }
}

/** Whether evidence about the candidate's subject can say something about the judged one. */
export function canUse(
  { kind, countsForPlatforms }: EvidenceRequirement,
  { store, subject: about }: { readonly store: EvidenceStore; readonly subject: Digest },
  subject: Digest,
): boolean {
  if (about !== subject && !countsForPlatforms) return false
  return kind === 'signature' || store !== 'legacy-signature'
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
function decide(open: readonly RequirementTally[], examined: readonly ExaminedCandidate[]): Verdict {
  if (open.length === 0) return 'pass'
  const unread = examined.some(({ examination }) => examination.state === 'unreadable')
  const unjudged = open.some(({ missed }) => missed.some(({ problem }) => problem.code === 'condition-threw'))
  return unread || unjudged ? 'error' : 'fail'
}
