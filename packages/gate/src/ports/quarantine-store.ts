import type { Digest } from '@sallyport/core'
import type { Decision } from '@sallyport/policy'
import type { PlatformSummary } from '../promote/platform-summary.ts'

/** An image that was stopped, with everything that a person needs to decide about it. */
export interface QuarantineRecord {
  /** Follows from source, destination and judgement: the same refusal gives the same id. */
  readonly id: string
  /** ISO 8601 time. */
  readonly quarantinedAt: string
  readonly source: string
  readonly sourceDigest: Digest
  readonly destination: string
  readonly tier: string
  readonly decision: Decision
  readonly platforms: readonly PlatformSummary[]
  /** The decision as text. */
  readonly explanation: string
}

/** Keeps what was stopped, for a person to look at. */
export interface QuarantineStore {
  /** Stores the record; one of the same id stays as it is. Resolves with the one that is stored. */
  put(record: QuarantineRecord): Promise<QuarantineRecord>
  get(id: string): Promise<QuarantineRecord | undefined>
  /** All records, the latest first. */
  list(): Promise<readonly QuarantineRecord[]>
}
