import type { Descriptor, Digest } from '@sallyport/core'
import type { EvidenceStore, RejectedEvidence } from './evidence.ts'

/** Something in a registry that may be evidence; nothing about it is believed yet. */
export interface Candidate {
  readonly store: EvidenceStore
  /** Manifest that carries it. */
  readonly manifest: Digest
  /** The bundle, envelope or payload. */
  readonly blob: Descriptor
}

/** Candidates of one or more stores, and what was sorted out already. */
export interface CandidateList {
  readonly candidates: readonly Candidate[]
  readonly rejected: readonly RejectedEvidence[]
}

/** Options of listing candidates. */
export interface CandidateOptions {
  readonly maxCandidates: number
  /** Leave out what is annotated with another predicate type; an annotation proves nothing, it only saves work. */
  readonly predicateType?: string | undefined
  readonly signal?: AbortSignal | undefined
}
