import type { CandidateProblemCode } from './image-verdict.ts'

/** Why a candidate does not count. */
export interface EvidenceProblem {
  readonly code: CandidateProblemCode
  readonly message: string
}
