import type { Digest } from '@sallyport/core'
import type { EvidenceStore, RejectedEvidence, VerifiedEvidence } from '../verify/evidence.ts'
import { freshUntil } from './check-age.ts'
import type { CompiledRequirement, EvidenceRequirement } from './compiled-requirement.ts'
import type {
  CandidatePlace,
  CandidateProblemCode,
  CountedEvidence,
  MissedCandidate,
  RequirementResult,
} from './image-verdict.ts'
import { describeType, type RequirementTally } from './requirement-tally.ts'
import { storesFor } from './stores-for.ts'
import { isSatisfied, type LookedInto, type SubjectFindings } from './verify-subject.ts'

/** Most candidates that are explained one by one for a requirement. */
const maxExplained = 20

/** Says for one requirement and one subject what satisfies it, or why nothing does. */
export function reportRequirement(
  requirement: CompiledRequirement,
  findings: SubjectFindings,
): RequirementResult {
  const { subject, tallies } = findings
  const { name, kind } = requirement
  const satisfied = isSatisfied(requirement, tallies)
  if (requirement.type === 'group') {
    const parts = requirement.parts.map((part) => reportRequirement(part, findings))
    const good = parts.filter((part) => part.satisfied)
    return {
      name,
      kind,
      subject,
      satisfied,
      message: `${good.length} of ${parts.length} parts are satisfied, needed: ${requirement.needed}`,
      evidence: good.flatMap(({ evidence }) => evidence),
      candidates: [],
      omitted: {},
      parts,
    }
  }
  const tally = tallies.get(requirement)
  const missed = (tally === undefined ? [] : listMissed(tally, findings)).toSorted(
    (left, right) => distance(left) - distance(right),
  )
  const [nearest] = missed
  const summary = tally?.describe() ?? ''
  return {
    name,
    kind,
    subject,
    satisfied,
    message: satisfied ? summary : `${summary}; ${explain(requirement, findings, nearest, missed.length)}`,
    evidence: tally?.counted.map((each) => toCounted(each, requirement.maxAgeMs)) ?? [],
    candidates: missed.slice(0, maxExplained),
    omitted: countCodes(missed.slice(maxExplained)),
  }
}

function explain(
  requirement: EvidenceRequirement,
  { failure, looked }: SubjectFindings,
  nearest: MissedCandidate | undefined,
  count: number,
): string {
  const unknown = failure === undefined ? '' : `; not all could be looked at: ${failure.message}`
  if (nearest === undefined) {
    const stores = looked
      .flatMap((one) => one.stores)
      .filter((store) => storesFor(requirement).includes(store))
    return `nothing was found in ${[...new Set(stores)].join(', ') || 'any store'}${unknown}`
  }
  const others = count === 1 ? '' : ` (the nearest of ${count})`
  return `${nearest.code}${others}: ${nearest.message}${unknown}`
}

function toCounted(
  { evidence, context }: RequirementTally['counted'][number],
  maxAgeMs: number | undefined,
): CountedEvidence {
  const { signer, times, statement } = evidence
  const until = freshUntil(evidence, maxAgeMs)
  return {
    ...placeOf(context.subject, evidence),
    signer,
    times,
    predicateType: statement.predicateType,
    ...(until && { freshUntil: until }),
  }
}

function placeOf(
  subject: Digest,
  { store, repository, manifest, blob }: VerifiedEvidence | RejectedEvidence,
): CandidatePlace {
  return { subject, store, ...(repository === undefined ? {} : { repository }), manifest, blob }
}

function listMissed(
  { requirement, missed }: RequirementTally,
  { subject, looked }: SubjectFindings,
): readonly MissedCandidate[] {
  const stores = new Set<EvidenceStore>(storesFor(requirement))
  const usable = looked.filter(({ about }) => about === subject || requirement.countsForPlatforms)
  return [
    ...missed.map(({ evidence, context, problem: { code, message } }): MissedCandidate => {
      const { signer } = evidence
      return { ...placeOf(context.subject, evidence), code, message, signer }
    }),
    ...usable.flatMap((one) => [...listRejected(one, stores), ...listUnneeded(one, stores, requirement)]),
  ]
}

function listRejected(
  { about, rejected }: LookedInto,
  stores: ReadonlySet<EvidenceStore>,
): readonly MissedCandidate[] {
  return rejected
    .filter(({ store }) => stores.has(store))
    .map((one) => ({ ...placeOf(about, one), code: one.reason, message: one.message }))
}

function listUnneeded(
  { unneeded }: LookedInto,
  stores: ReadonlySet<EvidenceStore>,
  requirement: EvidenceRequirement,
): readonly MissedCandidate[] {
  return unneeded
    .filter(({ store, predicateType }) => stores.has(store) && !requirement.reads(predicateType))
    .map(({ predicateType, ...place }) => ({
      ...place,
      code: 'predicate-type-mismatch',
      message: describeType(requirement, predicateType),
    }))
}

/** What an accepted signer signed is nearer than what a stranger did, and both than what does not verify. */
function distance({ code, signer }: MissedCandidate): number {
  if (code === 'predicate-type-mismatch') return 3
  if (signer === undefined) return 2
  return code === 'signer-not-accepted' ? 1 : 0
}

function countCodes(missed: readonly MissedCandidate[]): Partial<Record<CandidateProblemCode, number>> {
  const counts: Partial<Record<CandidateProblemCode, number>> = {}
  for (const { code } of missed) counts[code] = (counts[code] ?? 0) + 1
  return counts
}
