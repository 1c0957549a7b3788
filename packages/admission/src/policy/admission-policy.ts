import type { Digest } from '@sallyport/core'

/** A policy, checked and made ready; made by {@link parseAdmissionPolicy} or {@link defineAdmissionPolicy}. */
export interface AdmissionPolicy {
  /** File name or URI of the document. */
  readonly source: string
  /** Digest of the document. */
  readonly digest: Digest
}
