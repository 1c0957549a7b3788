import type { Descriptor, Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { EvidenceStore } from './evidence.ts'

/** Where something that may be evidence was found. */
export interface CandidateOrigin {
  readonly store: EvidenceStore
  readonly repository: Repository
  /** Manifest that carries it; of the image itself when it is not known. */
  readonly manifest: Digest
}

/** Something in a registry that may be evidence; nothing about it is believed yet. */
export interface Candidate extends CandidateOrigin {
  /** The bundle, envelope or payload. */
  readonly blob: Descriptor
  /** Orders candidates of one store as the registry lists them. */
  readonly position: number
}
