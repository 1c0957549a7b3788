import type { Digest } from '@sallyport/core'
import type { VerifiedEvidence } from '../verify/evidence.ts'
import type { SignerEntry } from './accepted-signers.ts'
import type { EvidenceProblem } from './evidence-problem.ts'
import type { ImageInventory, Requirement } from './requirement.ts'

/** A requirement, checked and ready to judge evidence. */
export type CompiledRequirement = EvidenceRequirement | GroupRequirement

/** A requirement that evidence satisfies. */
export interface EvidenceRequirement {
  readonly type: 'evidence'
  readonly kind: Requirement['kind']
  readonly name: string
  /** Predicate types that it is usually satisfied by: these are looked at first. */
  readonly predicateTypes: readonly string[]
  /** Whether evidence of this predicate type can satisfy it. */
  reads(predicateType: string): boolean
  /** Who may sign. */
  readonly signers: readonly SignerEntry[]
  readonly threshold: number
  readonly maxAgeMs: number | undefined
  /** Whether evidence about an index says enough about each image in it. */
  readonly countsForPlatforms: boolean
  /** What only this kind looks at; a problem, or those of the accepted signers that it counts for. */
  judge(
    evidence: VerifiedEvidence,
    accepted: readonly SignerEntry[],
    context: JudgeContext,
  ): Judgement | Promise<Judgement>
}

/** The signers that evidence counts for, or why it does not count. */
export type Judgement = readonly SignerEntry[] | EvidenceProblem

/** What judging needs besides the evidence. */
export interface JudgeContext {
  /** What the evidence is about. */
  readonly subject: Digest
  readonly now: Date
  /** What inventories said of this subject, so that each is asked once. */
  readonly inventories: Map<ImageInventory, Promise<readonly string[]>>
  readonly signal?: AbortSignal | undefined
}

/** A requirement that is satisfied when enough of its parts are. */
export interface GroupRequirement {
  readonly type: 'group'
  readonly kind: Requirement['kind']
  readonly name: string
  readonly needed: number
  readonly parts: readonly CompiledRequirement[]
}

/** Whether a judgement is a problem. */
export function isProblem(judgement: Judgement): judgement is EvidenceProblem {
  return 'code' in judgement
}

/** The requirements for evidence in a tree, in order. */
export function evidenceRequirementsOf(requirement: CompiledRequirement): readonly EvidenceRequirement[] {
  return requirement.type === 'evidence' ? [requirement] : requirement.parts.flatMap(evidenceRequirementsOf)
}
