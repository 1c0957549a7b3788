import type { Digest, Verdict } from '@sallyport/core'

/** Identifies a promotion by what goes into it: the same inputs give the same key. */
export type PromotionKey = Digest

/** A promotion as the journal knows it. */
export interface PromotionRecord {
  readonly key: PromotionKey
  /** `registry/repository[:tag]` or layout it was read from. */
  readonly source: string
  readonly sourceDigest: Digest
  /** `registry/repository:tag` it goes to. */
  readonly destination: string
  readonly tier: string
  readonly policyDigest: Digest
  /** ISO 8601 time of the first and of the latest attempt. */
  readonly startedAt: string
  readonly lastStartedAt: string
  readonly finishedAt?: string | undefined
  readonly verdict?: Verdict | undefined
  /** Digest that the destination's tag points to, once it was promoted. */
  readonly targetDigest?: Digest | undefined
  /** What the tag pointed to before; for a rollback. */
  readonly previousDigest?: Digest | undefined
}

/** What a promotion found out about its images; small enough to keep, complete enough to attach again. */
export interface JournaledEvidence {
  /** Digest over everything that the judgement rests on, times left out. */
  readonly judgement: Digest
  /** ISO 8601 time of the decision. */
  readonly decidedAt: string
  /** The documents to attach, as JSON text. */
  readonly documents: string
}

/** Keeps what must survive a crash of a promotion. Every write is durable when its promise resolves. */
export interface Journal extends AsyncDisposable {
  /** Notes that an attempt begins; keeps `startedAt` of an earlier one. */
  begin(
    promotion: Omit<PromotionRecord, 'lastStartedAt' | 'finishedAt' | 'verdict' | 'targetDigest'>,
  ): Promise<void>
  /** Notes that a step of the attempt ended well. `output` is small and serialisable. */
  recordStep(key: PromotionKey, step: string, output: unknown): Promise<void>
  saveEvidence(key: PromotionKey, evidence: JournaledEvidence): Promise<void>
  findEvidence(key: PromotionKey, judgement: Digest): Promise<JournaledEvidence | undefined>
  finish(
    key: PromotionKey,
    end: {
      readonly finishedAt: string
      readonly verdict: Verdict
      readonly targetDigest?: Digest | undefined
    },
  ): Promise<void>
  /** All promotions, the latest first. */
  list(): Promise<readonly PromotionRecord[]>
  /** Steps of a promotion in the order in which they ended. */
  steps(key: PromotionKey): Promise<readonly { readonly step: string; readonly output: unknown }[]>
}
