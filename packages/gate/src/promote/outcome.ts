import type { AttachedPiece } from '@sallyport/attest'
import type { Descriptor, Digest } from '@sallyport/core'
import type { Decision } from '@sallyport/policy'
import type { GateError } from '../errors.ts'
import type { QuarantineRecord } from '../ports/quarantine-store.ts'
import type { PlatformSummary } from './platform-summary.ts'

/** A piece of evidence at the target. */
export interface AttachedEvidence {
  readonly subject: Digest
  readonly predicateType: string
  readonly keyId: string
  /** Where it is stored: as referrer, under a tag, or both. */
  readonly pieces: readonly AttachedPiece[]
}

/**
 * How a promotion ended. `pass` moved the tag, `fail` did not; `error` did not, but for errors of the steps `publish` and
 * `record`, whose message says where the tag is.
 */
export type PromotionOutcome =
  | {
      readonly verdict: 'pass'
      /** `registry/repository:tag`. */
      readonly target: string
      /** Digest that the tag points to now. */
      readonly digest: Digest
      readonly descriptor: Descriptor
      readonly sourceDigest: Digest
      readonly previousDigest?: Digest | undefined
      /** `false` when the target was already in this state and nothing was written. */
      readonly changed: boolean
      readonly decision: Decision
      readonly platforms: readonly PlatformSummary[]
      readonly evidence: readonly AttachedEvidence[]
    }
  | {
      readonly verdict: 'fail'
      readonly sourceDigest: Digest
      readonly decision: Decision
      readonly platforms: readonly PlatformSummary[]
      readonly quarantine: QuarantineRecord
    }
  | {
      readonly verdict: 'error'
      readonly error: GateError
      /** Present when the image was judged and the judgement was `error`. */
      readonly decision?: Decision | undefined
      readonly platforms: readonly PlatformSummary[]
      readonly quarantine?: QuarantineRecord | undefined
    }
