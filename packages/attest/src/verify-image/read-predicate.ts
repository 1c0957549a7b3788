import { AttestError } from '../errors.ts'
import type { PredicateKind } from '../predicates/predicate-kind.ts'
import { parsePredicate } from '../predicates/parse-predicate.ts'
import type { Statement } from '../statement/statement.ts'
import type { EvidenceProblem } from './evidence-problem.ts'

/** The predicate of a statement, or that it is not what its type promises. */
export function readPredicate<Predicate>(
  statement: Statement,
  kind: PredicateKind<Predicate>,
): { readonly predicate: Predicate } | EvidenceProblem {
  try {
    return { predicate: parsePredicate(statement, kind) }
  } catch (error) {
    if (!(error instanceof AttestError)) throw error
    return { code: 'predicate-invalid', message: error.message }
  }
}
