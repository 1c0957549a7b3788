import type { Alert } from '../alert/alert.ts'
import { MonitorError } from '../errors.ts'
import type { AlertSink } from '../ports/alert-sink.ts'

/** Sends an alert, and stops waiting after `timeoutMs`, or when `signal` says so, whatever the sink does. */
export async function sendWithin(
  sink: AlertSink,
  alert: Alert,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<void> {
  signal.throwIfAborted()
  const timeout = AbortSignal.timeout(timeoutMs)
  const either = AbortSignal.any([signal, timeout])
  const stopped = Promise.withResolvers<never>()
  const stop = (): void => {
    stopped.reject(
      signal.aborted
        ? signal.reason
        : new MonitorError('SINK_FAILED', `${sink.name}: did not end within ${timeoutMs} ms`, {
            subject: sink.name,
            retryable: true,
          }),
    )
  }
  either.addEventListener('abort', stop, { once: true })
  try {
    await Promise.race([(async () => sink.send(alert, { signal: either }))(), stopped.promise])
  } finally {
    either.removeEventListener('abort', stop)
  }
}
