import { AttestError } from '../errors.ts'
import type { Statement } from '../statement/statement.ts'
import type { PredicateKind } from './predicate-kind.ts'

/**
 * The predicate of a statement, typed. What a predicate says counts only for the kind that was asked for: a statement of
 * another type is refused, not read as if it were of this one.
 *
 * @throws {AttestError} `PREDICATE_INVALID` when the statement has another predicate type, a field is missing or has the
 *   wrong type. The message names the field.
 */
export function parsePredicate<Predicate>(
  { predicateType, predicate }: Pick<Statement, 'predicateType' | 'predicate'>,
  kind: PredicateKind<Predicate>,
): Predicate {
  if (!kind.reads(predicateType)) {
    throw new AttestError(
      'PREDICATE_INVALID',
      `the predicate is ${JSON.stringify(predicateType.slice(0, 200))}, expected ${kind.type}`,
    )
  }
  return kind.parse(predicate)
}
