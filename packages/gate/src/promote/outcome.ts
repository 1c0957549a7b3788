import type { Descriptor, Digest } from '@sallyport/core'
import type { Decision } from '@sallyport/policy'
import type { GateError } from '../errors.ts'
import type { PromotionKey } from '../ports/journal.ts'
import type { QuarantineRecord } from '../ports/quarantine-store.ts'
import type { AttachedEvidence } from '../record/attached-evidence.ts'
import type { ReleaseRecord } from '../record/release-record.ts'
import type { PlatformSummary } from './platform-summary.ts'

/** A promotion that moved the tag, or found it where it should be. */
export interface PassedOutcome {
  readonly verdict: 'pass'
  readonly key: PromotionKey
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
  /** What an auditor reads, as the journal keeps it. */
  readonly record: ReleaseRecord
}

/** An image that was judged and stopped. */
export interface FailedOutcome {
  readonly verdict: 'fail'
  readonly key: PromotionKey
  readonly sourceDigest: Digest
  readonly decision: Decision
  readonly platforms: readonly PlatformSummary[]
  readonly quarantine: QuarantineRecord
}

/** A promotion that could not be judged or done. */
export interface ErrorOutcome {
  readonly verdict: 'error'
  /** Absent when it failed before the source was resolved. */
  readonly key?: PromotionKey | undefined
  readonly error: GateError
  /** Present when the image was judged and the judgement was `error`. */
  readonly decision?: Decision | undefined
  /** Empty unless the image was judged. */
  readonly platforms: readonly PlatformSummary[]
  readonly quarantine?: QuarantineRecord | undefined
}

/**
 * How a promotion ended. `pass` moved the tag, `fail` did not; `error` did not, but for errors of the steps `publish` and
 * `record`, whose message says where the tag is.
 */
export type PromotionOutcome = PassedOutcome | FailedOutcome | ErrorOutcome
