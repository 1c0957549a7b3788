import type { Alert } from '../alert/alert.ts'

/** Options of {@link AlertSink.send}. */
export interface SendOptions {
  readonly signal: AbortSignal
}

/** Takes alerts to people or machines. */
export interface AlertSink {
  /** Unique among the sinks of a monitor; alerts that wait for it are kept under this name. */
  readonly name: string
  /**
   * Delivers. At least once: the same alert may come again after a crash, with the same `id`. Rejecting keeps it for
   * another try.
   */
  send(alert: Alert, options: SendOptions): Promise<void>
}
