import { z } from 'zod'
import { predicateTypes } from '../statement/statement.ts'
import { optional, resourceDescriptor, type ResourceDescriptor } from './fields.schema.ts'
import { definePredicate } from './predicate-kind.ts'

const names = optional(z.array(z.string()))
const schema = z.looseObject({
  result: z.enum(['PASSED', 'WARNED', 'FAILED']),
  configuration: z.array(resourceDescriptor),
  url: optional(z.string()),
  passedTests: names,
  warnedTests: names,
  failedTests: names,
})

/** in-toto test result 0.1. */
export interface TestResultPredicate {
  /** How all tests together ended. */
  readonly result: 'PASSED' | 'WARNED' | 'FAILED'
  /** What the tests were run with. */
  readonly configuration: readonly ResourceDescriptor[]
  /** Where the run can be looked at. */
  readonly url?: string | undefined
  /** Names of tests. */
  readonly passedTests?: readonly string[] | undefined
  /** Names of tests. */
  readonly warnedTests?: readonly string[] | undefined
  /** Names of tests. */
  readonly failedTests?: readonly string[] | undefined
}

/** in-toto test result 0.1 (spec/predicates/test-result.md); read only. */
export const testResult = definePredicate<TestResultPredicate>({
  name: 'test result 0.1',
  type: predicateTypes.testResult,
  schema,
})
