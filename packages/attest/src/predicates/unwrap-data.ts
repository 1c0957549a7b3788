import { isRecord } from './fields.schema.ts'

/**
 * cosign before 2.0 put SBOMs into its generic predicate, `{ Data, Timestamp }`. A document that has its own marker is
 * never looked into.
 */
export function unwrapData(predicate: unknown, marker: string): unknown {
  if (!isRecord(predicate) || marker in predicate || !('Data' in predicate)) return predicate
  return predicate['Data']
}
