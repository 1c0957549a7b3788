import type { AlertSink, SendOptions } from '../ports/alert-sink.ts'
import { createPoster } from './create-poster.ts'
import type { HttpSinkOptions, SinkHeaders } from './http-sink-options.ts'
import { toOcsf } from './to-ocsf.ts'

/** Options of {@link ocsfSink}. */
export type OcsfSinkOptions = {
  /** Default `ocsf`. */
  readonly name?: string | undefined
} & (
  | {
      /** Takes one finding as a line of JSON, without its line break, to wherever it belongs. */
      readonly write: (line: string, options: SendOptions) => Promise<void>
    }
  | ({
      /** Where to post findings. */
      readonly url: string
      /** Such as `authorization`. Default: none. */
      readonly headers?: SinkHeaders | undefined
    } & HttpSinkOptions)
)

/**
 * Hands on each alert as a Detection Finding of OCSF 1.3: to a function, or by HTTP as one JSON object.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` for a URL without TLS.
 */
export function ocsfSink({ name = 'ocsf', ...options }: OcsfSinkOptions): AlertSink {
  if ('write' in options) {
    const { write } = options
    return { name, send: (alert, { signal }) => write(JSON.stringify(toOcsf(alert)), { signal }) }
  }
  const post = createPoster({ name, url: options.url, headers: options.headers }, options)
  return {
    name,
    send: (alert, { signal }) =>
      post({
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(toOcsf(alert)),
        signal,
      }),
  }
}
