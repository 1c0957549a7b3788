import { type Digest, digestOf } from '@sallyport/core'
import type { AuditRecord } from '../audit-record.ts'

/** A digest that stands for something. */
export const digest = (what: string): Digest => digestOf(what)

/** A record of something that the registry says the digest of. */
export type KnownRecord = AuditRecord & { readonly digest: Digest }

/** A compliant image at `prod.example/shop/web` without a tag. */
export function record({ digest: known, ...fields }: Partial<AuditRecord> = {}): KnownRecord {
  return {
    registry: 'prod.example',
    repository: 'shop/web',
    role: 'image',
    tags: [],
    class: 'compliant',
    problems: [],
    evidence: [],
    auditedAt: '2026-11-25T12:00:00.000Z',
    ...fields,
    digest: known ?? digest('image'),
  }
}

/** One that has such a problem. */
export function flagged(
  problem: Exclude<NonNullable<AuditRecord['class']>, 'compliant'>,
  fields: Partial<AuditRecord> = {},
): KnownRecord {
  return record({ class: problem, problems: [{ class: problem, message: `it is ${problem}` }], ...fields })
}

/** Reads what comes one by one. */
export async function toList<T>(items: AsyncIterable<T> | Iterable<T>): Promise<T[]> {
  const list: T[] = []
  for await (const item of items) list.push(item)
  return list
}
