import { MonitorError } from '../errors.ts'
import type { AlertSink } from '../ports/alert-sink.ts'
import { createPoster } from './create-poster.ts'
import type { HttpSinkOptions } from './http-sink-options.ts'
import { toPagerDutyEvent } from './to-pagerduty-event.ts'

/** Options of {@link pagerDutySink}. */
export interface PagerDutySinkOptions extends HttpSinkOptions {
  /** Default `pagerduty`. */
  readonly name?: string | undefined
  /** Integration key of the service, of type Events API v2: 32 characters. */
  readonly routingKey: string
  /** Default `https://events.pagerduty.com/v2/enqueue`; in the EU region `https://events.eu.pagerduty.com/v2/enqueue`. */
  readonly url?: string | undefined
}

/**
 * Sends each alert to PagerDuty's Events API v2. Each is an incident, and what takes the alert back resolves it.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` for a routing key of another form, or a URL without TLS.
 */
export function pagerDutySink({
  name = 'pagerduty',
  routingKey,
  url = 'https://events.pagerduty.com/v2/enqueue',
  ...options
}: PagerDutySinkOptions): AlertSink {
  if (!/^[\w-]{20,64}$/.test(routingKey)) {
    throw new MonitorError('OPTIONS_INVALID', `${name}: the routing key is not one of the Events API v2`, {
      subject: name,
    })
  }
  // Only this status says that the event was taken; another success is by somebody in between.
  const post = createPoster(
    { name, url, secrets: [routingKey], isTaken: (status) => status === 202 },
    options,
  )
  return {
    name,
    send: (alert, { signal }) =>
      post({
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ routing_key: routingKey, ...toPagerDutyEvent(alert) }),
        signal,
      }),
  }
}
