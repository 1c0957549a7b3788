import type { Digest } from '@sallyport/core'
import type { AuditRecord } from '../audit-record.ts'

/** Evidence and subjects that have lost each other. */
export type Garbage =
  | {
      /** The evidence is there, and what it is about is not: it may be deleted. */
      readonly kind: 'stray-evidence'
      readonly registry: string
      readonly repository: string
      /** The manifest of the evidence. */
      readonly digest: Digest
      /** Tags that lead to it, such as cosign's. */
      readonly tags: readonly string[]
      /** What it names as its subject, as far as is known. */
      readonly subjects: readonly Digest[]
    }
  | {
      /** The image is there with a decision, and evidence that the decision relied on is not: promote again. */
      readonly kind: 'lost-evidence'
      readonly registry: string
      readonly repository: string
      /** The manifest of the image. */
      readonly digest: Digest
      readonly tags: readonly string[]
      /** Signed documents (bundles, envelopes) that are gone. */
      readonly missing: readonly Digest[]
    }

/**
 * Finds, among the records of an audit, evidence whose subject is gone, and subjects whose evidence was garbage-collected.
 * Nothing is kept from one record to the next.
 */
export async function* findGarbage(records: AsyncIterable<AuditRecord>): AsyncIterable<Garbage> {
  for await (const { role, registry, repository, digest, tags, parents = [], decision } of records) {
    if (digest === undefined) continue
    const place = { registry, repository, digest, tags }
    if (role === 'stray-evidence') yield { kind: 'stray-evidence', ...place, subjects: parents }
    const missing = decision?.missingInputs ?? []
    if (missing.length > 0) yield { kind: 'lost-evidence', ...place, missing }
  }
}
