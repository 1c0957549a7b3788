import { createHash } from 'node:crypto'
import { systemClock } from '@sallyport/core'
import type { AlertSink } from '../ports/alert-sink.ts'
import { createPoster } from './create-poster.ts'
import type { HttpSinkOptions, SinkHeaders } from './http-sink-options.ts'
import { toCloudEvent } from './to-cloud-event.ts'
import { parseWebhookSecrets, signWebhook } from './webhook-signature.ts'

/** Options of {@link webhookSink}. */
export interface WebhookSinkOptions extends HttpSinkOptions {
  /** Default `webhook`. */
  readonly name?: string | undefined
  /** Where to post alerts. */
  readonly url: string
  /** Each `whsec_` and 24 to 64 bytes in base64; during a rotation the new and the old one. */
  readonly secrets: readonly string[]
  /** Sent with each request. Default: none. */
  readonly headers?: SinkHeaders | undefined
  /** `source` of the events. Default `urn:sallyport:monitor`. */
  readonly source?: string | undefined
}

/**
 * Posts each alert as a CloudEvent in JSON, signed as Standard Webhooks 1.0 says; receivers check it with
 * {@link verifyWebhook} or any library for Standard Webhooks.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` for a URL without TLS, and for secrets of another form.
 */
export function webhookSink({
  name = 'webhook',
  url,
  secrets,
  headers,
  source,
  ...options
}: WebhookSinkOptions): AlertSink {
  parseWebhookSecrets(secrets)
  const clock = options.clock ?? systemClock
  const post = createPoster({ name, url, headers, secrets }, options)
  return {
    name,
    async send(alert, { signal }) {
      const event = toCloudEvent(alert, source)
      const body = JSON.stringify(event)
      const signature = signWebhook({ id: toWebhookId(event.id), sentAt: clock.now(), body, secrets })
      await post({
        headers: { ...signature, 'content-type': 'application/cloudevents+json; charset=utf-8' },
        body,
        signal,
      })
    },
  }
}

/** The id stands before a dot in what is signed, so it must not hold one. */
function toWebhookId(id: string): string {
  return /^[\w:-]+$/.test(id) ? id : `sha256:${createHash('sha256').update(id).digest('hex')}`
}
