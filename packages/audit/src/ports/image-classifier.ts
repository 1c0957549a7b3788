import type { Digest, RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditTerms } from '../audit-terms.ts'

/** What is to be classified. */
export interface ClassifiedSubject {
  /** Where it is, and where its evidence is read. */
  readonly repository: Repository
  /** The image or index; it was verified against its digest. */
  readonly raw: RawManifest
  /** Index of the same repository that lists it: signatures, provenance and decisions about it count here too. */
  readonly via?: Digest | undefined
  /** What it must come with. */
  readonly terms: AuditTerms
}

/** The part of a record that rests on evidence. */
export type Classification = Pick<
  AuditRecord,
  'class' | 'problems' | 'evidence' | 'decision' | 'judgement'
> & {
  /** Manifests of evidence that were seen, verified or not: they are counted as evidence of this subject. */
  readonly evidenceManifests: readonly Digest[]
}

/**
 * Classifies an image by its evidence. What can't be read is a classification `error`, not a rejection; rejects only when
 * aborted, with `signal.reason`.
 */
export type ImageClassifier = (
  subject: ClassifiedSubject,
  options: { readonly now: Date; readonly signal?: AbortSignal | undefined },
) => Promise<Classification>
