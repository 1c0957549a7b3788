import type { Digest } from '@sallyport/core'
import type { Alert } from '../alert/alert.ts'
import type { Explanation } from '../alert/explanation.ts'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { Finding, Settlement } from '../judge/finding.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { OutboxOptions } from '../outbox/outbox-options.ts'

/** An event that is not judged yet. */
export interface PendingEvent {
  /** Equal for redeliveries. */
  readonly key: string
  /** Whose events are judged together: those of a registry, or of all that nobody has named. */
  readonly queue: string
  /** As it came in. */
  readonly event: RegistryEvent
  /** ISO 8601. */
  readonly receivedAt: string
  /** How often it was looked at in vain. */
  readonly tries: number
  /** ISO 8601: since when the registry can't be read; absent while it can. */
  readonly failingSince?: string | undefined
  /** An alert says already that it could not be judged. */
  readonly isReported: boolean
}

/**
 * Name of the queue that an event is in. There are to be few, so that no number of names in events keeps others waiting: a
 * queue is read as a whole, one after the other.
 */
export type QueueOf = (event: Pick<RegistryEvent, 'registry' | 'repository'>) => string

/** How what is there was judged. `noted`: it was there when the repository was first looked at. */
export type Standing = 'explained' | 'alert' | 'noted'

/** A tag as it was last judged. */
export interface KnownTag {
  /** Its name. */
  readonly tag: string
  /** What it led to. */
  readonly digest: Digest
  /** How that was judged. */
  readonly standing: Standing
  /** ISO 8601. */
  readonly at: string
  /** ISO 8601: begin of the last look that found it; absent before the first. */
  readonly seenAt?: string | undefined
}

/** Something that belongs to a digest, or to a tag. */
export interface KnownPart {
  /** Of the part. */
  readonly digest: Digest
  /** A digest; the tag itself for `tagged`. */
  readonly parent: string
  /** `attachment`: what is under a tag that is made of the parent's digest. */
  readonly relation: 'tagged' | 'child' | 'referrer' | 'attachment'
  /**
   * Whether it belongs there: `alert` where nobody promoted or signed it. An alert about who put it there, or when, leaves
   * it `explained`.
   */
  readonly standing: Standing
  /** Of the last alert that it was part of. */
  readonly incident?: string | undefined
  /** ISO 8601: when it was there last, as far as that was told or seen. */
  readonly at: string
}

/** How an event ended, as it is kept. */
export type JudgedEvent = {
  readonly pending: PendingEvent
  readonly settles?: readonly Settlement[] | undefined
} & ({ readonly explanation: Explanation } | { readonly finding: Finding })

/** An event that has to wait. */
export interface PostponedEvent {
  /** What waits. */
  readonly pending: PendingEvent
  /** When to look again. */
  readonly until: Date
  /** The registry could not be read. */
  readonly failingSince?: string | undefined
  /** Says that it could not be judged so far. */
  readonly finding?: Finding | undefined
}

/** What {@link MonitorState.commit} keeps, all of it or nothing. */
export interface JudgedBatch {
  /** Time of the judgement. */
  readonly now: Date
  /** Events that ended. */
  readonly judged: readonly JudgedEvent[]
  /** Events that have to wait. */
  readonly postponed: readonly PostponedEvent[]
  /** What is wrong besides. */
  readonly findings: readonly Finding[]
  /** What is good again besides. */
  readonly settles: readonly (Settlement & { readonly why: string })[]
  /** What was found out on the way and is to be judged as well. */
  readonly probes: readonly RegistryEvent[]
  /** When to judge them. */
  readonly probesAt: Date
  /** What tags lead to now. */
  readonly tags: readonly (KnownTag & { readonly place: string })[]
  /** Tags that are no longer there. */
  readonly goneTags: readonly { readonly place: string; readonly tag: string }[]
  /** What belongs to what. */
  readonly parts: readonly (KnownPart & { readonly place: string })[]
  /** What belongs there no longer. */
  readonly goneParts: readonly { readonly place: string; readonly digest: Digest; readonly parent: string }[]
  /** Sinks that the alerts are queued for, by name. */
  readonly sinks: readonly string[]
  /** Whose events the probes are judged with. Default: those of a registry. */
  readonly queueOf?: QueueOf | undefined
}

/** What a commit led to. */
export interface CommittedBatch {
  /** Alerts of the events, by key of the event; those of events that another process has judged are absent. */
  readonly alerts: ReadonlyMap<string, Alert>
  /** Keys of the events that were judged here. */
  readonly judged: ReadonlySet<string>
  /** Alerts that are new, worse than before, or over. */
  readonly raised: readonly Alert[]
}

/** What was heard of a source. */
export interface KnownSource {
  /** Its name, as in events. */
  readonly source: string
  /** Host with its port. */
  readonly registry: string
  /** ISO 8601: when the last event came. */
  readonly lastAt: string
  /** Highest number so far. */
  readonly highest?: number | undefined
  /** Numbers that did not come, from and to, with the ISO 8601 time at which that was noticed; at most 100. */
  readonly holes: readonly (readonly [from: number, to: number, at: string])[]
}

/** A repository as it was last looked at. */
export interface KnownPlace {
  /** `registry/repository`. */
  readonly place: string
  /** ISO 8601: when all of it was last looked at; absent when it never was. */
  readonly at?: string | undefined
  /** Over all tags with their digests, in order. */
  readonly hash?: Digest | undefined
  /** How many it had. */
  readonly tags?: number | undefined
}

/** Counts of {@link MonitorState.counts}. */
export interface StateCounts {
  /** Events that are not judged yet. */
  readonly waiting: number
  /** Events that ended as explained. */
  readonly explained: number
  /** Events that led to alerts. */
  readonly alerted: number
  /** Alerts that are not over. */
  readonly openAlerts: number
}

/** Which alerts to list. */
export interface AlertFilter {
  /** Only those that are not over. Default `false`. */
  readonly open?: boolean | undefined
  /** From 1 to 1,000. Default 100. */
  readonly limit?: number | undefined
}

/**
 * Keeps what a monitor must not forget: events until they are judged and a while longer, so that redeliveries are known;
 * alerts; what was where. Each method is whole and durable when its promise resolves, and leaves nothing behind when it
 * rejects, with a `GateError` as `Database` does. Several processes may share one.
 */
export interface MonitorState extends AsyncDisposable {
  /** Opens the outbox of the alerts that {@link MonitorState.commit} queues. @throws {MonitorError} `OPTIONS_INVALID`. */
  openOutbox(options: Omit<OutboxOptions, 'database'>): Outbox
  /** Keeps events; those that are known stay as they are. Resolves with how many are new. */
  receive(
    events: readonly RegistryEvent[],
    options: {
      readonly receivedAt: Date
      readonly dueAt: Date
      /** Whose events are judged together. Default: those of a registry. */
      readonly queueOf?: QueueOf | undefined
      /** What was heard of the sources with them. Default: nothing that is to be kept. */
      readonly sources?: readonly KnownSource[] | undefined
    },
  ): Promise<number>
  /**
   * Events to be looked at of one queue, those first that waited longest: of the queue that waited longest, other than
   * `except`. None when nothing else is due.
   */
  due(options: {
    readonly now: Date
    readonly limit: number
    /** Queues. Default: none. */
    readonly except?: ReadonlySet<string> | undefined
  }): Promise<readonly PendingEvent[]>
  /** ISO 8601: when the next event is to be looked at. */
  nextDue(): Promise<string | undefined>
  /** Keeps how events ended, with the alerts and what is queued for sinks. What another process has judged meanwhile stays. */
  commit(batch: JudgedBatch): Promise<CommittedBatch>
  /** Alerts, the latest first. */
  alerts(filter?: AlertFilter): Promise<readonly Alert[]>
  /** All that is known of some tags, and what some digests are parts of, at once. */
  recall(wanted: {
    readonly tags: readonly (readonly [place: string, tag: string])[]
    readonly digests: readonly (readonly [place: string, digest: string])[]
  }): Promise<{
    readonly tags: readonly (KnownTag & { readonly place: string })[]
    readonly parts: readonly (KnownPart & { readonly place: string })[]
  }>
  /** A tag as it was last judged. */
  findTag(place: string, tag: string): Promise<KnownTag | undefined>
  /** Those of the tags that are known; notes that they were seen in a look at the repository. */
  seeTags(place: string, tags: readonly string[], look: string): Promise<readonly KnownTag[]>
  /** Tags that were not seen in a look, in their order, after one of them; at most 1,000. */
  unseenTags(place: string, look: string, after?: string): Promise<readonly KnownTag[]>
  /** What a digest is a part of. */
  partOf(place: string, digest: Digest): Promise<readonly KnownPart[]>
  /** Parts of a digest. */
  partsOf(place: string, parent: string): Promise<readonly KnownPart[]>
  /** All repositories that events or looks were about. */
  places(): Promise<readonly KnownPlace[]>
  /** A repository as it was last looked at. */
  findPlace(place: string): Promise<KnownPlace | undefined>
  /** Notes a look at a repository. */
  savePlace(place: KnownPlace): Promise<void>
  /** What was heard of all sources. */
  sources(): Promise<readonly KnownSource[]>
  /** A small value by its name, such as the last sign of life. */
  findNote(name: string): Promise<string | undefined>
  /** Notes a small value, in place of an earlier one. */
  saveNote(name: string, value: string): Promise<void>
  /** Notes something once and for all; `false` when it is noted already. */
  noteOnce(name: string, value: string): Promise<boolean>
  /** How much of what there is. */
  counts(): Promise<StateCounts>
  /** Forgets events that were judged, and alerts that were over, before an instant. Resolves with how many events. */
  prune(options: { readonly before: Date }): Promise<number>
}
