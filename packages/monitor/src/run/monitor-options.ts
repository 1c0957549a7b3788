import type { Clock } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { Alert } from '../alert/alert.ts'
import type { Judgement } from '../alert/explanation.ts'
import type { FindRetirement } from '../judge/judge-context.ts'
import type { PromotionWindow, ReadJournal } from '../judge/journal-view.ts'
import type { ActorIdentity, WatchTerms } from '../judge/watch.ts'
import type { OutboxOptions } from '../outbox/outbox-options.ts'
import type { AlertSink } from '../ports/alert-sink.ts'
import type { MonitorState } from '../ports/monitor-state.ts'
import type { Responses } from '../respond/responses.ts'

/** A source that is expected to be heard of. */
export interface ExpectedSource {
  /** As in events. */
  readonly source: string
  /** Host with its port. */
  readonly registry: string
  /** How long it may be silent while things change, in milliseconds. */
  readonly everyMs: number
}

/** A place in a registry. */
export interface WatchedPlace {
  /** Host with its port. */
  readonly registry: string
  /** Path within the registry. */
  readonly repository: string
}

/** Options of {@link createMonitor}. */
export interface MonitorOptions {
  /** What to watch; of terms that match a repository the first count. */
  readonly watch: readonly WatchTerms[]
  /** The gate's journal; it is read, and its leases are taken for responses. */
  readonly journal: ReadJournal
  /** Opens a repository for reading. */
  readonly open: (registry: string, repository: string) => Repository
  /** Who the gate is to each registry, by host with its port. */
  readonly gateActors: Readonly<Record<string, readonly ActorIdentity[]>>
  /** What must not be forgotten. It stays open; whoever opened it closes it. */
  readonly state: MonitorState
  /** Where alerts go; `run` delivers them, at least once. Default: nowhere. */
  readonly sinks?: readonly AlertSink[] | undefined
  /** How they are delivered. */
  readonly delivery?: Omit<OutboxOptions, 'database' | 'sinks' | 'clock'> | undefined
  /** How long evidence and journal entry are waited for, in milliseconds; the tag of what was pushed by digest twice that. Default 60,000. */
  readonly evidenceWaitMs?: number | undefined
  /** How long a registry may be unreadable before an alert says so, in milliseconds. Default 300,000. */
  readonly unreadableAfterMs?: number | undefined
  /** When what a promotion does may be seen. Default: that of {@link PromotionWindow}. */
  readonly promotionWindow?: PromotionWindow | undefined
  /** Sources that are expected to be heard of. Default: none. */
  readonly sources?: readonly ExpectedSource[] | undefined
  /**
   * Repositories to compare. Default: those whose names the terms hold without `*`, and those that events or earlier looks
   * were about.
   */
  readonly listPlaces?: ((signal?: AbortSignal) => AsyncIterable<WatchedPlace>) | undefined
  /**
   * What to do with what is in a repository when it is first looked at: `note` it as it is (an audit judges it), or
   * `judge` it. Default `note`. With `listPlaces`, what appears after all repositories were listed once is always judged.
   */
  readonly firstLook?: 'note' | 'judge' | undefined
  /** How often `run` compares, in milliseconds. Default 300,000. */
  readonly pollEveryMs?: number | undefined
  /** Without a sign of life for so long, in milliseconds, a monitor was down. Default 60,000. */
  readonly downAfterMs?: number | undefined
  /** Says who retired what is gone. Default: nobody retires anything. */
  readonly findRetirement?: FindRetirement | undefined
  /** What to do about unauthorised pushes. Default: nothing. */
  readonly responses?: Responses | undefined
  /** Sees each judgement, after it is kept. What it throws stops the step. */
  readonly onJudgement?: ((judgement: Judgement) => void) | undefined
  /** Sees alerts that are new, worse or over, after they are kept. What it throws stops the step. */
  readonly onAlert?: ((alert: Alert) => void) | undefined
  /** Reads of one registry at the same time. Default 8. */
  readonly concurrency?: number | undefined
  /** Default the machine's. */
  readonly clock?: Clock | undefined
  /** Pause of `run`; resolves early when aborted. Default: of the machine. */
  readonly sleep?: ((ms: number, signal: AbortSignal) => Promise<void>) | undefined
}
