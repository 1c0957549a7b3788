import type { AlertSink } from '../ports/alert-sink.ts'
import { createPoster } from './create-poster.ts'
import type { HttpSinkOptions, SinkHeaders } from './http-sink-options.ts'
import { type CloudEvent, toCloudEvent } from './to-cloud-event.ts'

/** How an event is laid into an HTTP request: all of it in the body, a list of one, or its attributes in the header. */
export type CloudEventMode = 'structured' | 'batch' | 'binary'

/** Options of {@link cloudEventsSink}. */
export interface CloudEventsSinkOptions extends HttpSinkOptions {
  /** Default `cloudevents`. */
  readonly name?: string | undefined
  /** Where to post events. */
  readonly url: string
  /** Default `structured`. */
  readonly mode?: CloudEventMode | undefined
  /** Such as `authorization`. Default: none. */
  readonly headers?: SinkHeaders | undefined
  /** `source` of the events. Default `urn:sallyport:monitor`. */
  readonly source?: string | undefined
}

/**
 * Posts each alert as a CloudEvent, e.g. to a broker. For receivers that are to check who sent it there is
 * {@link webhookSink}.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` for a URL without TLS.
 */
export function cloudEventsSink({
  name = 'cloudevents',
  url,
  mode = 'structured',
  headers,
  source,
  ...options
}: CloudEventsSinkOptions): AlertSink {
  const post = createPoster({ name, url, headers }, options)
  return {
    name,
    send: (alert, { signal }) => post({ ...layOut(toCloudEvent(alert, source), mode), signal }),
  }
}

function layOut(
  event: CloudEvent,
  mode: CloudEventMode,
): { readonly headers: Readonly<Record<string, string>>; readonly body: string } {
  switch (mode) {
    case 'structured':
      return {
        headers: { 'content-type': 'application/cloudevents+json; charset=utf-8' },
        body: JSON.stringify(event),
      }
    case 'batch':
      return {
        headers: { 'content-type': 'application/cloudevents-batch+json; charset=utf-8' },
        body: JSON.stringify([event]),
      }
    case 'binary': {
      const { data, datacontenttype, ...attributes } = event
      const fields = Object.entries(attributes).map(([key, value]) => [`ce-${key}`, toHeaderValue(value)])
      return {
        headers: { ...Object.fromEntries(fields), 'content-type': datacontenttype },
        body: JSON.stringify(data),
      }
    }
  }
}

/** Percent-encodes what the HTTP binding of CloudEvents (3.1.3.2) does not let stand in a header field. */
function toHeaderValue(text: string): string {
  return text
    .toWellFormed()
    .replace(/[^!#$&-~]/gu, (character) =>
      [...Buffer.from(character)]
        .map((byte) => `%${byte.toString(16).toUpperCase().padStart(2, '0')}`)
        .join(''),
    )
}
