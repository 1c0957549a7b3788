import type { Signer } from '@sallyport/attest'
import type { Clock, Digest, Verdict } from '@sallyport/core'
import type { Decision, WaiverFile, WaiverTerms } from '@sallyport/policy'
import type { FixState, Severity } from '@sallyport/scan'
import type { PlatformSummary } from '../promote/platform-summary.ts'
import type { Page, PageOptions } from './page.ts'

/** A finding that stopped an image, with why its package can't be removed. */
export interface QuarantinedFinding {
  /** The name that the finding has in the scan. */
  readonly id: string
  /** Its other names, such as a CVE id. */
  readonly aliases: readonly string[]
  /** With version. */
  readonly purl: string
  /** The severity that the policy judged by. */
  readonly severity: Severity
  /** Whether there is a repaired version, and which one to take. */
  readonly fix: { readonly state: FixState; readonly suggested?: string | undefined }
  /** Whether it is in the catalogue of known exploited vulnerabilities. */
  readonly kev: boolean
  /** Names of the rules that it breaks. */
  readonly rules: readonly string[]
  /** Platforms on which it was found, as `os/architecture[/variant]`. */
  readonly platforms: readonly string[]
  /** The chain from the entry point to the package's file, as text; or why the package stays; absent when nobody looked. */
  readonly why?: string | undefined
}

/** A document that the decision rests on. */
export interface QuarantineEvidence {
  /** Predicate type (in-toto), as a URI. */
  readonly predicateType: string
  /** Image that the document is about. */
  readonly subject: Digest
  /** Digest of the document. */
  readonly digest: Digest
}

/** An image that was stopped, with everything that a person needs to decide about it. Made by `describeQuarantine`. */
export interface QuarantineRecord {
  /** Follows from source, destination and judgement: the same refusal gives the same id. 32 hexadecimal digits. */
  readonly id: string
  /** ISO 8601 time at which the promotion resolved its source. */
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
  /** The decision as text. */
  readonly explanation: string
  /** What stopped it, the worst first. */
  readonly findings: readonly QuarantinedFinding[]
  /** Documents that the decision rests on. */
  readonly evidence: readonly QuarantineEvidence[]
  /** What a person can do about it, the cheapest first. */
  readonly nextSteps: readonly string[]
  /** `registry/repository@digest` of a copy, where one is kept. */
  readonly copy?: string | undefined
}

/** What became of a record. */
export type QuarantineStatus =
  | { readonly state: 'open' }
  | {
      readonly state: 'approved'
      readonly approver: string
      readonly reason: string
      /** ISO 8601 time. */
      readonly at: string
      /** ISO 8601 instant, exclusive, at which its waivers end. */
      readonly expires: string
      /** What its waivers hold for; absent in what was approved before this was kept. */
      readonly scope?: QuarantineApproval['scope']
      /** Digest of the waiver file. */
      readonly waivers: Digest
    }
  | {
      readonly state: 'rejected'
      readonly by: string
      readonly reason: string
      readonly at: string
    }
  | {
      readonly state: 'superseded'
      /** Digest of the newer source. */
      readonly sourceDigest: Digest
      readonly cause: 'promoted' | 'quarantined'
      readonly at: string
    }

/** Where a record is between being stopped and being dealt with. */
export type QuarantineState = QuarantineStatus['state']

/** A record and what became of it. */
export interface QuarantineEntry {
  /** What was stopped. */
  readonly record: QuarantineRecord
  /** What became of it. */
  readonly status: QuarantineStatus
}

/** A line of the list. */
export interface QuarantineSummary {
  /** Id of the record. */
  readonly id: string
  /** Whether it is decided about, and how. */
  readonly state: QuarantineState
  /** ISO 8601 time of the refusal that opened it last. */
  readonly quarantinedAt: string
  /** Reference that was to be promoted. */
  readonly source: string
  /** What it led to. */
  readonly sourceDigest: Digest
  /** Reference that it was to be promoted to. */
  readonly destination: string
  /** Tier whose rules stopped it. */
  readonly tier: string
  /** `fail`, or `error` where it could not be judged. */
  readonly verdict: Verdict
  /** How many findings stopped it, and the worst severity of them. */
  readonly findings: number
  /** The worst severity among its findings; absent without any. */
  readonly worst?: Severity | undefined
  /** The first reason. */
  readonly reason: string
  /** Of an approved record: ISO 8601 instant, exclusive, at which its waivers end. */
  readonly expires?: string | undefined
}

/** What records are about; fields that are absent match all. */
export interface QuarantineMatch {
  /** Only records with this destination. */
  readonly destination?: string | undefined
  /** Only records of this source. */
  readonly source?: string | undefined
  /** Only records of this tier. */
  readonly tier?: string | undefined
  /** Severity of the worst finding that stopped it. */
  readonly worst?: Severity | undefined
  /** ISO 8601: quarantined then or later. */
  readonly since?: string | undefined
  /** Part of the source, the destination, the id, or an id or package of a finding, whatever its case; taken literally. */
  readonly text?: string | undefined
}

/** Which records to list. */
export interface QuarantineFilter extends QuarantineMatch, PageOptions {
  /** Only records in this state. */
  readonly state?: QuarantineState | undefined
}

/** How a record is rejected. */
export interface QuarantineRejection {
  /** Who answers for it. */
  readonly by: string
  /** Why it stays out. */
  readonly reason: string
  /** Rejects only what is in this state, so that nobody takes back an approval that he has not seen. Default: either. */
  readonly ifState?: 'open' | 'approved' | undefined
}

/** How a record is approved. */
export interface QuarantineApproval {
  /** Who answers for it. */
  readonly approver: string
  /** At least 10 characters. */
  readonly reason: string
  /** ISO 8601 instant, exclusive; of a bare date: the end of that day in UTC. */
  readonly expires: string
  /** Signs the waivers. Not one of the gate's own identities. */
  readonly signer: Signer
  /**
   * `digest`: the waivers hold for these images only. `repository`: for the package versions in every image of the
   * destination's repository. Default `digest`.
   */
  readonly scope?: 'digest' | 'repository' | undefined
  /** What the tier says of waivers. Default: no limit here; the decision still holds them to it. */
  readonly terms?: Pick<WaiverTerms, 'allowed' | 'maxLifetimeMs'> | undefined
}

/** Waivers that approvals granted. */
export interface ApprovedWaivers {
  /** Verified, and not expired; for the gate's `waivers`. */
  readonly files: readonly WaiverFile[]
  /** Approvals that were not believed, and why. */
  readonly refused: readonly { readonly id: string; readonly message: string }[]
}

/** A newer source has taken the place of what was stopped. */
export interface Supersession {
  /** Reference of the source. */
  readonly source: string
  /** Reference of the destination. */
  readonly destination: string
  /** Under whose rules it passed; what other tiers have stopped stays open. */
  readonly tier: string
  /** Digest of the newer source. */
  readonly sourceDigest: Digest
  /** ISO 8601 time at which it was resolved; what was quarantined later stays open. */
  readonly resolvedAt: string
}

/** Something happened to a record. Told after it is stored. */
export interface QuarantineEvent {
  /** What happened. */
  readonly type: 'quarantined' | 'approved' | 'rejected' | 'superseded'
  /** The record, as a line of the list. */
  readonly record: QuarantineSummary
  /** What became of it. */
  readonly status: QuarantineStatus
}

/** What the stores take. */
export interface QuarantineOptions {
  /** Told of each change, after it is stored, once, by the process that made it. */
  readonly onEvent?: ((event: QuarantineEvent) => void | Promise<void>) | undefined
  /** Told what `onEvent` threw, which changes nothing else. Default: a warning of the process. */
  readonly onListenerError?: ((error: unknown, event: QuarantineEvent) => void) | undefined
  /** Tells when something was approved, rejected or superseded. Default: the system's. */
  readonly clock?: Clock | undefined
}

/**
 * Keeps what was stopped, for a person to decide about. It stops nothing by itself: each push is judged anew.
 *
 * Methods reject with a `GateError`: `QUARANTINE_UNKNOWN` (no such record), `QUARANTINE_CONFLICT` (it is not open any
 * more), `NOT_WAIVABLE` (no waiver could let it through), and the codes of the `Journal`.
 */
export interface QuarantineStore extends AsyncDisposable {
  /**
   * Stores a record; one of the same id stays as it is, and a later refusal opens it again when it was superseded or its
   * approval has expired. Open records of the same source, destination and tier with another source digest become superseded.
   * Resolves with the record that is stored.
   */
  put(record: QuarantineRecord): Promise<QuarantineRecord>
  /** A record and what became of it, or `undefined`. */
  get(id: string): Promise<QuarantineEntry | undefined>
  /** Light summaries, the latest first. */
  list(filter?: QuarantineFilter): Promise<Page<QuarantineSummary>>
  /** How many there are in each state. */
  countStates(match?: QuarantineMatch): Promise<Readonly<Record<QuarantineState, number>>>
  /**
   * Lets an image through for a time: makes waivers for the findings that stopped it, signs and stores them.
   *
   * @throws {GateError} `NOT_WAIVABLE` when something else than findings stopped it, or it could not be judged.
   * @throws {GateError} `OPTIONS_INVALID` for an approval without a name, a reason or a lifetime that the terms allow.
   */
  approve(id: string, approval: QuarantineApproval): Promise<QuarantineEntry>
  /** Decides that an image stays out; what is rejected can't be approved later. */
  reject(id: string, rejection: QuarantineRejection): Promise<QuarantineEntry>
  /** Notes that a newer source was promoted. Resolves with how many open records that closed. */
  supersede(newer: Supersession): Promise<number>
  /** Waivers of approvals whose signature one of `keys` (public keys in PEM) made, and that have not expired at `now`. */
  approvedWaivers(options: { readonly keys: readonly string[]; readonly now: Date }): Promise<ApprovedWaivers>
}
