import type { Page, PageOptions } from '@sallyport/gate'
import type { Alert } from '../alert/alert.ts'

/** What one step did. */
export interface OutboxStep {
  /** Messages that sinks took. */
  readonly delivered: number
  /** Attempts after which an alert is due again later. */
  readonly postponed: number
  /** Attempts after which an alert was set aside. */
  readonly setAside: number
  /** When something is due again, as far as it is known. */
  readonly nextAt?: Date | undefined
}

/** The queue of one sink. */
export interface OutboxQueue {
  /** Its name. */
  readonly sink: string
  /** Alerts that it does not have yet. */
  readonly waiting: number
  /** Alerts that were set aside. */
  readonly deadLetters: number
  /** ISO 8601: since when the oldest one waits. */
  readonly since?: string | undefined
  /** ISO 8601: it is not asked before. */
  readonly pausedUntil?: string | undefined
  /** Why the last attempt failed, without secrets; absent when it did not. */
  readonly error?: string | undefined
}

/** An alert that a sink refused for good, or did not take for too long. */
export interface DeadLetter {
  /** Name of the sink. */
  readonly sink: string
  /** What it does not have. */
  readonly alert: Alert
  /** How often it was tried. */
  readonly attempts: number
  /** Why the last one failed, without secrets. */
  readonly error: string
  /** ISO 8601: when it was set aside. */
  readonly at: string
}

/** Which dead letters are wanted. */
export interface DeadLetterOptions extends PageOptions {
  /** Default: of all sinks. */
  readonly sink?: string | undefined
}

/** What to take from the dead letters. */
export interface DeadLetterChoice {
  /** Default: of all sinks. */
  readonly sink?: string | undefined
  /** Id of the alert. Default: all. */
  readonly id?: string | undefined
}

/**
 * Delivers queued alerts at least once: what was sent as the process died is sent again, with the same id. Each sink has
 * its own queue: one that is down, or hangs, delays no other. Alerts of a group come in their order. Whatever reads or
 * writes the queue rejects with a `GateError` as `Database` does.
 */
export interface Outbox {
  /** Sends what is due, to all sinks at once, and resolves when each has it or has failed. */
  step(options?: { readonly signal?: AbortSignal | undefined }): Promise<OutboxStep>
  /** Delivers until `signal` aborts, then resolves; what was being sent then is sent again by the next run. */
  run(options: { readonly signal: AbortSignal }): Promise<void>
  /** What waits, by sink, sinks that are no longer there included. */
  pending(): Promise<readonly OutboxQueue[]>
  /** What was set aside, the latest first. */
  deadLetters(options?: DeadLetterOptions): Promise<Page<DeadLetter>>
  /** Queues dead letters again; resolves with how many. */
  retry(choice: DeadLetterChoice): Promise<number>
  /** Removes dead letters for good; resolves with how many. */
  discard(choice: DeadLetterChoice): Promise<number>
  /** The alerts that a digest with this id stood for, as long as they are kept. */
  summedUp(id: string): Promise<readonly Alert[]>
}
