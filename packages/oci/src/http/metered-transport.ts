import { followSignal } from '@sallyport/core'
import type { HostLane, HostLimiter } from './host-limiter.ts'
import type { RequestCounts } from './request-counts.ts'
import type { Transport, WireAnswer, WireRequest } from './transport.ts'
import type { WarningReporter } from './warnings.ts'
import { watchThroughput } from './watch-throughput.ts'

/** What {@link MeteredTransport.send} takes beyond the request itself. */
export interface MeteredRequest extends WireRequest {
  /** `blob` for the whole content of a blob, `chunk` for a piece of it that is in memory; both wait behind small requests. */
  readonly lane: 'small' | 'chunk' | 'blob'
  /** Which try of the same request this is, from 1. */
  readonly attempt: number
  /** Is counted here too. */
  readonly counts?: RequestCounts | undefined
}

/** One request over the wire, after its answer's header or its failure. */
export interface RequestEvent {
  /** HTTP method. */
  readonly method: string
  /** Without its query, which may hold signatures. */
  readonly url: string
  /** Missing when there was no answer. */
  readonly status?: number | undefined
  /** Which try of the same request this was, from 1. */
  readonly attempt: number
  /** From the sending to the header of the answer, in milliseconds. */
  readonly milliseconds: number
  /** Before the sending, for other requests to the host, in milliseconds. */
  readonly waitedMilliseconds: number
}

/** A transport whose requests wait for their host, are counted, observed and limited in time. */
export interface MeteredTransport extends Pick<Transport, 'scopeOf'> {
  send(request: MeteredRequest): Promise<WireAnswer>
}

/** What {@link createMeteredTransport} needs. */
export interface MeteredTransportParts {
  readonly transport: Transport
  readonly limiter: Pick<HostLimiter, 'acquire'>
  readonly counts: RequestCounts
  readonly warnings: WarningReporter
  readonly onRequest?: ((event: RequestEvent) => void) | undefined
  /** Time for a small request and its answer, and for all but the content of a blob, in milliseconds. */
  readonly smallTimeoutMs: number
  /** How long the content of a blob may come at less than 1 KiB a second, in milliseconds. */
  readonly bodyTimeoutMs: number
}

/** Puts a limiter before a transport. A place is held until the body of the answer has ended or is given up. */
export function createMeteredTransport({
  transport,
  limiter,
  counts,
  warnings,
  onRequest,
  smallTimeoutMs,
  bodyTimeoutMs,
}: MeteredTransportParts): MeteredTransport {
  const observe = (event: RequestEvent): void => {
    try {
      onRequest?.(event)
    } catch {
      // An observer must not break a transfer.
    }
  }
  return {
    scopeOf: transport.scopeOf,
    async send(request) {
      const { method, url, lane, attempt, signal } = request
      const asked = performance.now()
      const release = await limiter.acquire(url.host, hostLane(request), signal)
      const started = performance.now()
      const deadline = createDeadline(smallTimeoutMs, signal)
      // The time for the answer begins here: waiting for the host must not use it up.
      if (lane === 'small' || method === 'GET') deadline.start()
      const end = (): void => {
        deadline.end()
        release()
      }
      counts.add(url.host, method)
      request.counts?.add(url.host, method)
      const event = {
        method,
        url: `${url.origin}${url.pathname}`,
        attempt,
        waitedMilliseconds: started - asked,
      }
      try {
        const answer = await transport.send({
          ...request,
          signal: deadline.signal,
          onClosed: end,
        })
        observe({ ...event, status: answer.status, milliseconds: performance.now() - started })
        warnings.report(url.host, answer.headers('warning'))
        const isContent = method === 'GET' && (answer.status === 200 || answer.status === 206)
        if (lane === 'small' || !isContent) {
          deadline.start()
          return answer
        }
        deadline.stop()
        return { ...answer, body: watchThroughput(answer.body, { windowMs: bodyTimeoutMs }) }
      } catch (error) {
        end()
        observe({ ...event, milliseconds: performance.now() - started })
        throw error
      }
    },
  }
}

function hostLane({ lane, method, body }: MeteredRequest): HostLane {
  if (lane !== 'blob') return lane
  if (method === 'GET') return 'read'
  return body === undefined ? 'small' : 'stream'
}

interface Deadline {
  /** Aborted by the signal of who asks, or when the time is over. */
  readonly signal: AbortSignal
  start(): void
  /** Stops the time. */
  stop(): void
  /** Stops the time, and listening. */
  end(): void
}

function createDeadline(milliseconds: number, outer: AbortSignal | undefined): Deadline {
  const controller = new AbortController()
  const leave = followSignal(outer, controller)
  let timer: NodeJS.Timeout | undefined
  let ended = false
  const stop = (): void => clearTimeout(timer)
  return {
    signal: controller.signal,
    start() {
      if (ended) return
      timer ??= setTimeout(
        () => controller.abort(new DOMException(`no whole answer within ${milliseconds} ms`, 'TimeoutError')),
        milliseconds,
      )
    },
    stop,
    end() {
      ended = true
      stop()
      leave()
    },
  }
}
