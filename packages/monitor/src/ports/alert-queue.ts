import type { Alert } from '../alert/alert.ts'

/** An alert that waits for a sink. */
export interface QueuedAlert {
  /** Names it to {@link AlertQueue.delivered} and {@link AlertQueue.postpone}. */
  readonly entry: string
  readonly alert: Alert
  /** How often it was tried in vain. */
  readonly tries: number
  /** ISO 8601: since when it waits. */
  readonly since: string
}

/** What waits for one sink. */
export interface QueueLength {
  readonly sink: string
  readonly alerts: number
  /** ISO 8601: since when the oldest one waits. */
  readonly since: string
}

/** Options of {@link AlertQueue.waiting}. */
export interface WaitingOptions {
  readonly now: Date
  /** Most alerts to get. Default 100. */
  readonly limit?: number | undefined
}

/**
 * Alerts that wait for sinks, each sink by itself, until they are delivered. The monitor puts them in together with the
 * judgement that raised them: both are kept, or neither. Rejects with a `GateError` as `Database` does.
 */
export interface AlertQueue {
  /** Alerts for a sink whose time has come, the oldest first. */
  waiting(sink: string, options: WaitingOptions): Promise<readonly QueuedAlert[]>
  /** Takes out what the sink has. */
  delivered(sink: string, entries: readonly string[]): Promise<void>
  /** Keeps one for another try. */
  postpone(
    sink: string,
    entry: string,
    options: { readonly until: Date; readonly error: string },
  ): Promise<void>
  /** What waits, by sink. */
  lengths(): Promise<readonly QueueLength[]>
}
