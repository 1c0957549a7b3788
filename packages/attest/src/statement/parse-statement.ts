import { parseStrictJson, StrictJsonError } from '@sallyport/core'
import { AttestError } from '../errors.ts'
import { statementSchema } from './statement.schema.ts'
import type { Statement } from './statement.ts'

/**
 * Reads the payload of an envelope as an in-toto statement. Version 0.1, which cosign still writes, has the same
 * fields and is returned as version 1. An absent predicate is returned as `{}`.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when it is none, holds a key twice, or is nested too deep.
 */
export function parseStatement(payload: Uint8Array): Statement {
  let json: unknown
  try {
    json = parseStrictJson(payload)
  } catch (error) {
    if (!(error instanceof StrictJsonError)) throw error
    throw new AttestError('STATEMENT_INVALID', `the statement is ${describe(error.message)}`)
  }
  const parsed = statementSchema.safeParse(json)
  if (!parsed.success) {
    const [issue] = parsed.error.issues
    throw new AttestError(
      'STATEMENT_INVALID',
      `the statement is not an in-toto statement: ${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.slice(
        0,
        300,
      ),
    )
  }
  const { subject, predicateType, predicate = {} } = parsed.data
  return { _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate }
}

function describe(problem: string): string {
  return problem.startsWith('not ') || problem.startsWith('nested ') ? problem : `ambiguous: ${problem}`
}
