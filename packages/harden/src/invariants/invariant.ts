import { HardenError } from '../errors.ts'
import type { InvariantResult } from '../harden-result.ts'

/** Something that breaks an invariant, and the path that would have to stay to mend it. */
export interface Violation {
  readonly message: string
  /** What has to stay, in a plan. */
  readonly path?: string | undefined
  /** Where it is seen. */
  readonly at?: string | undefined
  /** purl of the package that it is about. */
  readonly package?: string | undefined
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

/** The error that says which laws do not hold. */
export function brokenLaws(checked: readonly CheckedInvariant[]): HardenError {
  const text = checked
    .map(toResult)
    .filter(({ holds }) => !holds)
    .map(({ id, violations }) => `${id}: ${violations.join(', ')}`)
    .join('; ')
  return new HardenError('INVARIANT_BROKEN', text)
}
