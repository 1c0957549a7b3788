import type { InvariantResult } from '../harden-result.ts'

/** Something that breaks an invariant, and the path that would have to stay to mend it. */
export interface Violation {
  readonly message: string
  readonly path?: string | undefined
}

/** An invariant with everything that breaks it. */
export interface CheckedInvariant {
  readonly id: string
  readonly violations: readonly Violation[]
}

const maxExamples = 10

/** As it stands in a report. */
export function toResult({ id, violations }: CheckedInvariant): InvariantResult {
  return {
    id,
    holds: violations.length === 0,
    violations: violations.slice(0, maxExamples).map(({ message }) => message),
  }
}
