import type { Alert } from '../alert/alert.ts'

/** Options of {@link AlertSink.send}. */
export interface SendOptions {
  /** Aborts the delivery, which then counts as failed. */
  readonly signal: AbortSignal
}

/** Takes alerts to people or machines. */
export interface AlertSink {
  /** Unique among the sinks of a monitor; alerts that wait for it are kept under this name. */
  readonly name: string
  /**
   * Delivers. At least once: the same alert may come again after a crash, with the same `id`. Rejecting keeps it for
   * another try, unless with a `MonitorError` `SINK_FAILED` that is not `retryable`: then it is set aside at once.
   */
  send(alert: Alert, options: SendOptions): Promise<void>
}
