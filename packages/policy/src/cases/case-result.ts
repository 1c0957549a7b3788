import type { Decision } from '../decision.ts'

/** Something that came out otherwise than a case expects. */
export interface CaseDifference {
  /** E.g. `verdict`, `reasons`, `rule no critical`. */
  readonly what: string
  readonly expected: string
  readonly actual: string
}

/** How a case ended. */
export interface CaseResult {
  readonly name: string
  readonly tier: string
  readonly passed: boolean
  readonly differences: readonly CaseDifference[]
  /** Absent when nothing could be decided. */
  readonly decision?: Decision | undefined
}
