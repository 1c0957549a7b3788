import type { AlertSink } from '../ports/alert-sink.ts'
import { type OtelLogRecord, toOtelLog } from './to-otel-log.ts'

/** What is needed of a `Logger` of OpenTelemetry (`@opentelemetry/api-logs`, whose API is not stable yet). */
export interface OtelLogger {
  /** Takes a record; the exporter behind it says nothing about whether it arrived. */
  emit(record: OtelLogRecord): void
}

/** Options of {@link otelSink}. */
export interface OtelSinkOptions {
  /** Default `opentelemetry`. */
  readonly name?: string | undefined
  /** E.g. `logs.getLogger('sallyport')`. */
  readonly logger: OtelLogger
  /**
   * Waits until what was emitted is exported, e.g. `forceFlush` of the logger provider. Without it an alert counts as
   * delivered once it is emitted.
   */
  readonly flush?: (() => Promise<void>) | undefined
}

/** Emits each alert as a log record of OpenTelemetry. */
export function otelSink({ name = 'opentelemetry', logger, flush }: OtelSinkOptions): AlertSink {
  return {
    name,
    async send(alert) {
      logger.emit(toOtelLog(alert))
      await flush?.()
    },
  }
}
