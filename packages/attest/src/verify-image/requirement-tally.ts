import type { EvidenceStore, VerifiedEvidence } from '../verify/evidence.ts'
import { describeEntries, describeSigner, findAcceptedSigners } from './accepted-signers.ts'
import { checkAge } from './check-age.ts'
import {
  type EvidenceRequirement,
  isProblem,
  type JudgeContext,
  type Judgement,
} from './compiled-requirement.ts'
import { countSigners, type CountingSignature } from './count-signers.ts'
import type { EvidenceProblem } from './evidence-problem.ts'
import { storesFor } from './stores-for.ts'

/** Evidence and what it is about. */
export interface JudgedEvidence {
  readonly evidence: VerifiedEvidence
  readonly context: JudgeContext
}

/** How far one requirement is satisfied. */
export interface RequirementTally {
  readonly requirement: EvidenceRequirement
  readonly counted: readonly (CountingSignature & JudgedEvidence)[]
  readonly missed: readonly (JudgedEvidence & { readonly problem: EvidenceProblem })[]
  isSatisfied(): boolean
  /** What is there and what is missing, in words. */
  describe(): string
  add(judged: JudgedEvidence): Promise<void>
}

/** Counts the evidence for one requirement; the cheap questions come first. */
export function createTally(requirement: EvidenceRequirement, now: Date): RequirementTally {
  const counted: (CountingSignature & JudgedEvidence)[] = []
  const missed: (JudgedEvidence & { readonly problem: EvidenceProblem })[] = []
  let signers = 0

  async function judge({ evidence, context }: JudgedEvidence): Promise<Judgement> {
    const { predicateType } = evidence.statement
    // A signature statement under the tag of attestations is no signature, though its type says so.
    const isStoredRight = storesFor(requirement).includes(evidence.store)
    if (!isStoredRight || !requirement.reads(predicateType)) {
      return {
        code: 'predicate-type-mismatch',
        message: describeType(requirement, predicateType, isStoredRight ? undefined : evidence.store),
      }
    }
    const accepted = findAcceptedSigners(requirement.signers, evidence, now)
    if (isProblem(accepted)) return accepted
    const age = checkAge(evidence, { maxAgeMs: requirement.maxAgeMs, now })
    if (age !== undefined) return age
    return requirement.judge(evidence, accepted, context)
  }

  return {
    requirement,
    counted,
    missed,
    isSatisfied: () => signers >= requirement.threshold,
    describe() {
      const who = [...new Set(counted.map(({ signer }) => describeSigner(signer)))].join(', ')
      if (signers >= requirement.threshold) return `by ${who}`
      const missing = `needs ${requirement.threshold === 1 ? 'one' : `${requirement.threshold} different`} of ${describeEntries(requirement.signers)}`
      return counted.length === 0 ? missing : `${missing}; so far ${signers}: ${who}`
    },
    async add(judged) {
      const judgement = await judge(judged)
      if (isProblem(judgement)) {
        missed.push({ ...judged, problem: judgement })
        return
      }
      counted.push({ ...judged, signer: judged.evidence.signer, entries: judgement })
      signers = countSigners(counted)
    },
  }
}

/** Says that something is of another type than is needed, or in a store for something else. */
export function describeType(
  { predicateTypes }: EvidenceRequirement,
  actual: string,
  store?: EvidenceStore,
): string {
  const place = store === undefined ? '' : ` in the store ${store}`
  return `it is ${JSON.stringify(actual.slice(0, 200))}${place}, needed is ${predicateTypes.join(' or ')}`
}
