import { isDeepStrictEqual } from 'node:util'
import type { Statement } from '../statement/statement.ts'
import type { EvidenceProblem } from './evidence-problem.ts'
import { findByPointer } from './json-pointer.ts'
import type { PredicateCondition, PredicateConditions } from './requirement.ts'

/** The first condition that a statement's predicate does not meet. */
export function checkConditions(
  { conditions = [], schema, where }: PredicateConditions,
  statement: Statement,
): EvidenceProblem | undefined {
  const broken = conditions.find((condition) => !holds(condition, statement.predicate))
  if (broken !== undefined) {
    return { code: 'condition-failed', message: describe(broken, statement.predicate) }
  }
  try {
    let { predicate } = statement
    if (schema !== undefined) {
      const parsed = schema.safeParse(predicate)
      if (!parsed.success) {
        return {
          code: 'predicate-invalid',
          message: `the predicate does not fit its schema: ${parsed.error.message.slice(0, 500)}`,
        }
      }
      predicate = parsed.data
    }
    // A condition that answers with a promise, or anything but `true`, has not said yes.
    const answer: unknown = where === undefined ? true : where(predicate, statement)
    if (answer === true) return undefined
    // Nobody waits for it, and when it fails that must not end the process.
    if (answer instanceof Promise) answer.catch(() => undefined)
    return { code: 'condition-failed', message: 'the condition `where` is not met by the predicate' }
  } catch (error) {
    return {
      code: 'condition-threw',
      message: `the condition could not be evaluated: ${error instanceof Error ? error.message : String(error)}`,
    }
  }
}

function holds(condition: PredicateCondition, predicate: unknown): boolean {
  const found = findByPointer(predicate, condition.path)
  if ('exists' in condition) return found.found === condition.exists
  if (!found.found) return false
  if ('in' in condition) return condition.in.some((value) => isDeepStrictEqual(value, found.value))
  return isDeepStrictEqual(condition.equals, found.value)
}

function describe(condition: PredicateCondition, predicate: unknown): string {
  const found = findByPointer(predicate, condition.path)
  const actual = found.found ? `is ${show(found.value)}` : 'is not there'
  const path = condition.path || 'the predicate'
  if ('exists' in condition) return `${path} ${actual}; it must ${condition.exists ? '' : 'not '}be there`
  if ('in' in condition) return `${path} ${actual}; it must be one of ${show(condition.in)}`
  return `${path} ${actual}; it must be ${show(condition.equals)}`
}

function show(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value)
  return text.length > 200 ? `${text.slice(0, 200)}…` : text
}
