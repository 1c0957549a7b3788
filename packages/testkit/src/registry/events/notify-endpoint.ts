import { setTimeout } from 'node:timers/promises'
import type { RegistryEvent } from './registry-event.ts'

/** Where to send events, as distribution's `notifications.endpoints`. */
export interface NotificationEndpoint {
  /** `http` or `https` on the loopback interface. */
  readonly url: string
  /** Sent with each notification. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** How often to try one notification. Default 5. */
  readonly attempts?: number | undefined
  /** Pause before another attempt, in milliseconds; doubled each time. Default 100. */
  readonly retryDelayMs?: number | undefined
  /** How long an answer may take, in milliseconds. Default 10,000. */
  readonly timeoutMs?: number | undefined
}

/** How notifications ended so far. */
export interface NotificationCounts {
  /** Events that the endpoint took. */
  readonly delivered: number
  /** Given up after the last attempt. */
  readonly failed: number
}

/** Sends events one after the other, in their order. */
export interface Notifier {
  send(event: RegistryEvent): void
  /** Resolves when everything sent so far is delivered or given up. */
  settled(): Promise<NotificationCounts>
  /** Gives up what is left. */
  stop(): Promise<void>
}

/** Media type of distribution's envelope. */
const eventsMediaType = 'application/vnd.docker.distribution.events.v1+json'

/**
 * Posts each event in an envelope of its own, again until an answer is 2xx.
 *
 * @throws {Error} when the URL leads elsewhere than to this machine.
 */
export function notifyEndpoint(endpoint: NotificationEndpoint): Notifier {
  const { url, headers = {}, attempts = 5, retryDelayMs = 100, timeoutMs = 10_000 } = endpoint
  if (!isLoopback(url)) throw new Error('notifications of a test registry go to the loopback interface only')
  const stopped = new AbortController()
  const counts = { delivered: 0, failed: 0 }
  let queue: Promise<void> = Promise.resolve()

  const post = async (body: string): Promise<boolean> => {
    try {
      const signal = AbortSignal.any([stopped.signal, AbortSignal.timeout(timeoutMs)])
      const answer = await fetch(url, {
        method: 'POST',
        headers: { 'content-type': eventsMediaType, ...headers },
        body,
        signal,
        redirect: 'error',
      })
      await answer.body?.cancel()
      return answer.ok
    } catch {
      return false
    }
  }
  const deliver = async (body: string): Promise<void> => {
    for (let attempt = 0; attempt < attempts && !stopped.signal.aborted; attempt++) {
      if (attempt > 0) await pause(retryDelayMs * 2 ** (attempt - 1), stopped.signal)
      if (await post(body)) {
        counts.delivered += 1
        return
      }
    }
    counts.failed += 1
  }
  return {
    send(event) {
      queue = queue.then(() => deliver(JSON.stringify({ events: [event] })))
    },
    async settled() {
      await queue
      return { ...counts }
    },
    async stop() {
      stopped.abort()
      await queue
    },
  }
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  await setTimeout(milliseconds, undefined, { signal }).catch(() => undefined)
}

function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  const isHttp = protocol === 'http:' || protocol === 'https:'
  return isHttp && (hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname))
}
