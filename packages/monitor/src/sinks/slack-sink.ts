import type { AlertSink } from '../ports/alert-sink.ts'
import { createPoster } from './create-poster.ts'
import type { HttpSinkOptions } from './http-sink-options.ts'
import { toSlackBlocks } from './to-slack-blocks.ts'

/** Options of {@link slackSink}. */
export interface SlackSinkOptions extends HttpSinkOptions {
  /** Default `slack`. */
  readonly name?: string | undefined
  /** Of the incoming webhook; whoever has it may post, so it is a secret and in no message. */
  readonly url: string
}

/**
 * Posts each alert to a channel of Slack by an incoming webhook. Slack takes one message a second: give the outbox a limit
 * for it.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` for a URL without TLS.
 */
export function slackSink({ name = 'slack', url, ...options }: SlackSinkOptions): AlertSink {
  const post = createPoster({ name, url, secrets: [url] }, options)
  return {
    name,
    send: (alert, { signal }) =>
      post({
        headers: { 'content-type': 'application/json; charset=utf-8' },
        body: JSON.stringify(toSlackBlocks(alert)),
        signal,
      }),
  }
}
