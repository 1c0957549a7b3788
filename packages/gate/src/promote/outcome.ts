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
  /** Names the outcome. */
  readonly verdict: 'pass'
  /** Names the promotion in the journal. */
  readonly key: PromotionKey
  /** `registry/repository:tag`. */
  readonly target: string
  /** Digest that the tag points to now. */
  readonly digest: Digest
  /** Image or index at the target. */
  readonly descriptor: Descriptor
  /** What the source led to. */
  readonly sourceDigest: Digest
  /** What the tag named before; absent when it was new. */
  readonly previousDigest?: Digest | undefined
  /** `false` when the target was already in this state and nothing was written. */
  readonly changed: boolean
  /** Why it was let through. */
  readonly decision: Decision
  /** What happened to each platform's image. */
  readonly platforms: readonly PlatformSummary[]
  /** What is attached at the target, read back and verified. */
  readonly evidence: readonly AttachedEvidence[]
  /** What an auditor reads, as the journal keeps it. */
  readonly record: ReleaseRecord
}

/** An image that was judged and stopped. */
export interface FailedOutcome {
  /** Names the outcome. */
  readonly verdict: 'fail'
  /** Names the promotion in the journal. */
  readonly key: PromotionKey
  /** What the source led to. */
  readonly sourceDigest: Digest
  /** Why it was stopped. */
  readonly decision: Decision
  /** What each platform's image was found to be. */
  readonly platforms: readonly PlatformSummary[]
  /** The record for a person to decide about. */
  readonly quarantine: QuarantineRecord
}

/** A promotion that could not be judged or done. */
export interface ErrorOutcome {
  /** Names the outcome. */
  readonly verdict: 'error'
  /** Absent when it failed before the source was resolved. */
  readonly key?: PromotionKey | undefined
  /** Why there is no answer. */
  readonly error: GateError
  /** Present when the image was judged and the judgement was `error`. */
  readonly decision?: Decision | undefined
  /** Empty unless the image was judged. */
  readonly platforms: readonly PlatformSummary[]
  /** The record, where the image was judged and the answer was `error`. */
  readonly quarantine?: QuarantineRecord | undefined
}

/**
 * How a promotion ended. `pass` moved the tag, `fail` did not; `error` did not, but for errors of the steps `publish` and
 * `record`, whose message says where the tag is.
 */
export type PromotionOutcome = PassedOutcome | FailedOutcome | ErrorOutcome
