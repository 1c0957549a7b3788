import type { Decision } from '../decision.ts'

/** Something that came out otherwise than a case expects. */
export interface CaseDifference {
  /** E.g. `verdict`, `reasons`, `rule no critical`. */
  readonly what: string
  /** What the case says. */
  readonly expected: string
  /** What came out. */
  readonly actual: string
}

/** How a case ended. */
export interface CaseResult {
  /** Name of the case. */
  readonly name: string
  /** Tier that it was judged by. */
  readonly tier: string
  /** Whether everything came out as expected. */
  readonly passed: boolean
  /** What came out otherwise; empty when it passed. */
  readonly differences: readonly CaseDifference[]
  /** Absent when nothing could be decided. */
  readonly decision?: Decision | undefined
}
