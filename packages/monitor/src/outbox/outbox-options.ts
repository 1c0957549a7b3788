import type { Clock } from '@sallyport/core'
import type { Database } from '@sallyport/gate/database'
import type { Sleep } from '@sallyport/oci'
import type { AlertSink } from '../ports/alert-sink.ts'

/** Something that went wrong while alerts were delivered. */
export type OutboxFailure =
  | {
      /** A sink did not take an alert, which stays in the queue. */
      readonly type: 'postponed'
      readonly sink: string
      readonly alertId: string
      readonly error: unknown
      readonly until: Date
    }
  | {
      /** A sink did not take an alert, which is among the dead letters now. */
      readonly type: 'set-aside'
      readonly sink: string
      readonly alertId: string
      readonly error: unknown
    }
  | {
      /** The queue could not be read or written; it is tried again. */
      readonly type: 'database'
      readonly sink: string
      readonly error: unknown
    }

/** Options of {@link createOutbox}. */
export interface OutboxOptions {
  /** With the tables of {@link outboxSchema}; it stays open. */
  readonly database: Database
  /** Their names must be different, and stay the same for what is queued to find them. */
  readonly sinks: readonly AlertSink[]
  /**
   * How many messages a sink is sent within 60 seconds, by its name, at least 2. What is beyond is summed up in one of
   * them. Default: no limit.
   */
  readonly maxPerMinute?: Readonly<Record<string, number>> | undefined
  /** Longest time of one delivery, in milliseconds. Default 30,000. */
  readonly sendTimeoutMs?: number | undefined
  /** Wait after the first failure, doubled with each more, in milliseconds. Default 1,000. */
  readonly baseDelayMs?: number | undefined
  /** Longest such wait, in milliseconds. Default 300,000: five minutes. */
  readonly maxDelayMs?: number | undefined
  /** How long an alert is tried before it is set aside, in milliseconds. Default 14 days. */
  readonly giveUpAfterMs?: number | undefined
  /** How long what was delivered is kept, so that it is not queued again, in milliseconds. Default 7 days. */
  readonly retentionMs?: number | undefined
  /** How often {@link Outbox.run} looks for new alerts, in milliseconds. Default 1,000. */
  readonly pollMs?: number | undefined
  /** Is told of each failure. Default: a process warning for what is set aside, and for the database. */
  readonly onFailure?: ((failure: OutboxFailure) => void) | undefined
  /** Default: the clock of the machine. Processes that share a database need clocks that agree within 30 seconds. */
  readonly clock?: Clock | undefined
  /** Default: on the machine's clock. */
  readonly sleep?: Sleep | undefined
  /** From 0 to 1, for waits. Default `Math.random`. */
  readonly random?: (() => number) | undefined
}
