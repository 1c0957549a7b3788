import { type Digest, digestOf } from '@sallyport/core'
import { type Decision, explain } from '@sallyport/policy'
import type { PromotionKey } from '../ports/journal.ts'
import type { QuarantineEvidence, QuarantineRecord } from '../ports/quarantine-store.ts'
import type { PlatformSummary } from '../promote/platform-summary.ts'
import { blockingFindings } from './blocking-findings.ts'
import { nextSteps } from './next-steps.ts'

/** What {@link describeQuarantine} is told. */
export interface RefusedPromotion {
  /** Names the promotion in the journal. */
  readonly key: PromotionKey
  /** Digest of the judgement, times left out. */
  readonly judgement: Digest
  /** ISO 8601 time at which the source was resolved. */
  readonly quarantinedAt: string
  /** Reference that was to be promoted. */
  readonly source: string
  /** What it led to. */
  readonly sourceDigest: Digest
  /** Reference that it was to be promoted to. */
  readonly destination: string
  /** Tier whose rules stopped it. */
  readonly tier: string
  /** Why it was stopped. */
  readonly decision: Decision
  /** What each platform's image was found to be. */
  readonly platforms: readonly PlatformSummary[]
  /** Documents that the decision rests on. Default: none. */
  readonly evidence?: readonly QuarantineEvidence[] | undefined
  /** Where a copy of it is kept. */
  readonly copy?: string | undefined
}

/** The record of an image that was stopped: what stopped it, why that can't be removed, and what a person can do. */
export function describeQuarantine({
  key,
  judgement,
  evidence = [],
  ...refused
}: RefusedPromotion): QuarantineRecord {
  const { decision, platforms } = refused
  const findings = blockingFindings(decision, platforms)
  return {
    id: digestOf(`${key} ${judgement}`).slice('sha256:'.length, 'sha256:'.length + 32),
    ...refused,
    explanation: explain(decision),
    findings,
    evidence,
    nextSteps: nextSteps(decision, findings),
  }
}
