import type { Digest } from '@sallyport/core'
import type { RepairAction } from './repair-plan.ts'

/**
 * How an action ended.
 *
 * - `done`; `already`: there was nothing left to do.
 * - `would`: it would be done, were this no dry run.
 * - `left`: a person must decide.
 * - `refused`: it was not done, for a reason that doing it again does not change; `error`: it could not be done.
 */
export type RepairResult = 'done' | 'already' | 'would' | 'left' | 'refused' | 'error'

/** What became of an image, or of one of its tags. */
export interface RepairStep {
  /** Absent for what is about the image and none of its tags. */
  readonly tag?: string | undefined
  /** How it ended. */
  readonly result: RepairResult
  /**
   * Why it was not done: `PLAN_EXPIRED`, `TAG_MOVED`, `IMAGE_GONE`, `GATE_REFUSED`, `NO_SIGNER`, `DELETION_NOT_ALLOWED`,
   * `IN_USE`, `PERSON_NEEDED`, or the code of an error of the gate or the registry.
   */
  readonly code?: string | undefined
  /** What happened, and what to do, in a sentence. */
  readonly message: string
  /** Where the tag is now, or would be. */
  readonly digest?: Digest | undefined
  /** Id in the gate's quarantine, of an image that it stopped. */
  readonly quarantine?: string | undefined
}

/** What became of an action. */
export interface RepairOutcome {
  /** The action, as the plan has it. */
  readonly action: RepairAction
  /** Worst of its steps. */
  readonly result: RepairResult
  /** One for each tag, or one for the image. */
  readonly steps: readonly RepairStep[]
}

/** What became of a plan. */
export interface RepairReport {
  /** Names the form of this document. */
  readonly schema: 'https://sallyport.dev/schemas/repair-report/v1'
  /** Digest of the plan. */
  readonly plan: Digest
  /** Id of the audit that the plan is of. */
  readonly audit: string
  /** Whether nothing was to be written. */
  readonly dryRun: boolean
  /** ISO 8601. */
  readonly startedAt: string
  /** ISO 8601. */
  readonly finishedAt: string
  /** Actions by how they ended. */
  readonly results: Readonly<Record<RepairResult, number>>
  /** One for each action, in the order of the plan. */
  readonly outcomes: readonly RepairOutcome[]
}

/** From the worst to the best. */
const order: readonly RepairResult[] = ['error', 'refused', 'left', 'would', 'done', 'already']

/** The worst result of some steps. */
export function worstResult(steps: readonly RepairStep[]): RepairResult {
  return order.find((result) => steps.some((step) => step.result === result)) ?? 'error'
}

/** How often each result came. */
export function countResults(outcomes: readonly RepairOutcome[]): RepairReport['results'] {
  const counts = { done: 0, already: 0, would: 0, left: 0, refused: 0, error: 0 }
  for (const { result } of outcomes) counts[result]++
  return counts
}
