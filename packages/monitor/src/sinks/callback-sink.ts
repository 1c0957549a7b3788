import type { Alert } from '../alert/alert.ts'
import type { AlertSink, SendOptions } from '../ports/alert-sink.ts'

/** A sink of your own code: what the function does not reject is delivered. */
export function callbackSink(
  name: string,
  send: (alert: Alert, options: SendOptions) => Promise<void> | void,
): AlertSink {
  return { name, send: async (alert, options) => send(alert, options) }
}
