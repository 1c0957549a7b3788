import type { Digest, Verdict } from '@sallyport/core'
import type { PreviousScan } from '@sallyport/policy'
import type { ReleaseRecord } from '../record/release-record.ts'
import type { Json } from './durable-steps.ts'
import type { Leases } from './leases.ts'
import type { Page, PageOptions } from './page.ts'

/** Identifies a promotion by what goes into it: the same inputs give the same key. */
export type PromotionKey = Digest

/** A promotion as the journal knows it. */
export interface PromotionRecord {
  /** Names the promotion. */
  readonly key: PromotionKey
  /** `registry/repository[:tag]` or layout it was read from. */
  readonly source: string
  /** Digest of the source when the promotion began. */
  readonly sourceDigest: Digest
  /** `registry/repository:tag` it goes to. */
  readonly destination: string
  /** Tier whose rules judged it. */
  readonly tier: string
  /** Digest of the policy that judged it. */
  readonly policyDigest: Digest
  /** ISO 8601 time of the first and of the latest attempt. */
  readonly startedAt: string
  /** When its latest attempt began, in ISO 8601. */
  readonly lastStartedAt: string
  /** Number of the latest attempt, from 1. */
  readonly attempt: number
  /** When the latest attempt ended; absent while it is under way, or after a crash. */
  readonly finishedAt?: string | undefined
  /** How it ended; absent until then. */
  readonly verdict?: Verdict | undefined
  /** Digest that the destination's tag points to, once it was promoted. */
  readonly targetDigest?: Digest | undefined
  /** What the tag pointed to before; for a rollback. */
  readonly previousDigest?: Digest | undefined
}

/** What an attempt begins with. */
export interface PromotionStart extends Omit<
  PromotionRecord,
  'lastStartedAt' | 'attempt' | 'finishedAt' | 'verdict' | 'targetDigest'
> {
  /** An attempt that has not ended goes on when it began at this ISO 8601 instant or later. Default: however old it is. */
  readonly resumeSince?: string | undefined
}

/** The attempt that a promotion is in. */
export interface PromotionAttempt {
  /** From 1. */
  readonly attempt: number
  /** ISO 8601 time at which it began; that of the attempt that goes on. */
  readonly startedAt: string
  /** It goes on after a crash: what its steps returned is there. */
  readonly resumed: boolean
}

/** A step that ended well. */
export interface JournaledStep {
  /** Unique in its attempt. */
  readonly name: string
  /** Small: digests and counts, at most 1 MiB as JSON. */
  readonly output: Json
  /** For people. Default: empty. */
  readonly summary?: string | undefined
  /** ISO 8601 time. */
  readonly at: string
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

/** Somebody wants a promotion to stop. */
export interface Cancellation {
  /** Who wants it. */
  readonly actor: string
  /** Why, in a sentence. */
  readonly reason: string
  /** ISO 8601 time. */
  readonly at: string
}

/** A finding, by all of its names. */
export interface SightedFinding {
  /** The name that the finding has in the scan. */
  readonly id: string
  /** Its other names, such as a CVE id. */
  readonly aliases?: readonly string[] | undefined
  /** Its version, qualifiers and subpath do not matter. */
  readonly purl: string
}

/** Which promotions to list; fields that are absent match all. */
export interface PromotionFilter extends PageOptions {
  /** `registry/repository:tag`. */
  readonly destination?: string | undefined
  /** Only promotions of this source. */
  readonly source?: string | undefined
  /** Only promotions into this tier. */
  readonly tier?: string | undefined
  /** Of the latest attempt. */
  readonly verdict?: Verdict | undefined
  /** `unfinished`: under way, or interrupted by a crash. */
  readonly state?: 'unfinished' | 'finished' | undefined
  /** ISO 8601: the latest attempt began then or later. */
  readonly since?: string | undefined
}

/** Which release records to list; fields that are absent match all. */
export interface ReleaseRecordFilter extends PageOptions {
  /** `registry/repository:tag`. */
  readonly destination?: string | undefined
  /** Digest at the destination. */
  readonly digest?: Digest | undefined
  /** Only promotions into this tier. */
  readonly tier?: string | undefined
  /** Name of the release that it was part of. */
  readonly release?: string | undefined
  /** ISO 8601: finished then or later. */
  readonly since?: string | undefined
}

/** What {@link Journal.prune} removed. */
export interface PruneResult {
  /** How many steps. */
  readonly steps: number
  /** How many sets of evidence. */
  readonly evidence: number
  /** How many scans. */
  readonly scans: number
}

/**
 * Keeps what must survive a crash of a promotion. Every write is whole and durable when its promise resolves, and leaves
 * nothing behind when it rejects. Several processes may share a journal.
 *
 * Methods reject with a `GateError`: `JOURNAL_LOCKED` (another process holds it too long; retryable), `JOURNAL_FULL` (no
 * space), `JOURNAL_UNAVAILABLE` (not reachable, or not writable), `JOURNAL_CORRUPT` (what it holds can't be read), and
 * `OPTIONS_INVALID` for what is asked wrongly.
 */
export interface Journal extends AsyncDisposable {
  /** Leases among all who share the journal. */
  readonly leases: Leases
  /**
   * Notes that an attempt begins. One that has not ended goes on, with what its steps returned; else a new one begins,
   * with no steps and no cancellation.
   */
  begin(promotion: PromotionStart): Promise<PromotionAttempt>
  /** Notes how the latest attempt ended. With `attempt`, nothing happens when another one is the latest. */
  finish(
    key: PromotionKey,
    end: {
      readonly finishedAt: string
      readonly verdict: Verdict
      readonly targetDigest?: Digest | undefined
      readonly attempt?: number | undefined
    },
  ): Promise<void>
  /** The promotion of a key, or `undefined`. */
  find(key: PromotionKey): Promise<PromotionRecord | undefined>
  /** Promotions, that of the latest attempt first. */
  list(filter?: PromotionFilter): Promise<Page<PromotionRecord>>

  /** Keeps what a step returned. The first of a name stays; resolves with the one that is kept. */
  saveStep(key: PromotionKey, attempt: number, step: JournaledStep): Promise<JournaledStep>
  /** A step that this attempt has finished, or `undefined`. */
  findStep(key: PromotionKey, attempt: number, name: string): Promise<JournaledStep | undefined>
  /** Steps of an attempt in the order in which they ended. Default: of the latest one. */
  steps(key: PromotionKey, attempt?: number): Promise<readonly JournaledStep[]>

  /** Stores evidence, so that another attempt attaches the same bytes. */
  saveEvidence(key: PromotionKey, evidence: JournaledEvidence): Promise<void>
  /** Evidence that was stored for a judgement, or `undefined`. */
  findEvidence(key: PromotionKey, judgement: Digest): Promise<JournaledEvidence | undefined>

  /** Keeps a release record for good. The first of an attempt stays; resolves with the one that is kept. */
  saveRecord(record: ReleaseRecord, attempt: number): Promise<ReleaseRecord>
  /** The latest record of a promotion. */
  findRecord(key: PromotionKey): Promise<ReleaseRecord | undefined>
  /** Records, the latest first. */
  listRecords(filter?: ReleaseRecordFilter): Promise<Page<ReleaseRecord>>

  /** Asks the attempt that is under way to stop; the first request stays. `false` when none is under way. */
  requestCancellation(key: PromotionKey, cancellation: Cancellation): Promise<boolean>
  /** The request to stop the latest attempt. */
  cancellation(key: PromotionKey): Promise<Cancellation | undefined>

  /**
   * When each finding was first seen in an image line (`registry/repository` of the destination), as ISO 8601 instants in
   * the order of `findings`; those that were not seen before are noted as seen `at`. All names of a finding count: the
   * earliest time of any of them holds for all. A rebuild or a new version of the package resets nothing.
   */
  noteFirstSeen(line: string, findings: readonly SightedFinding[], at: string): Promise<readonly string[]>
  /** The same without noting anything: what was not seen is `undefined`. */
  firstSeen(line: string, findings: readonly SightedFinding[]): Promise<readonly (string | undefined)[]>

  /**
   * Keeps what was found in an image, in place of an older scan of the same digest. Keep only what was judged: a scan that
   * lost sight of something, once kept, would excuse the next one.
   */
  saveScan(digest: Digest, scan: PreviousScan): Promise<void>
  /** The latest scan of a digest that was stored, or `undefined`. */
  previousScan(digest: Digest): Promise<PreviousScan | undefined>

  /**
   * Removes steps and evidence of promotions that ended before an ISO 8601 instant, and scans that are older. What stays:
   * promotions, release records, and when findings were first seen.
   */
  prune(options: { readonly before: string }): Promise<PruneResult>
}
