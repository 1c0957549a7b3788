import { toCanonicalJson } from '../internal/canonical-json.ts'
import type { Statement } from './statement.ts'

/**
 * The bytes of a statement that are signed: JSON with sorted keys (RFC 8785), so that the same statement always has
 * the same bytes, and signing it again can be recognised.
 *
 * @throws {AttestError} `STATEMENT_INVALID` when the predicate is not plain JSON data.
 */
export function serializeStatement(statement: Statement): Uint8Array {
  return Buffer.from(toCanonicalJson(statement), 'utf8')
}
