import { type Clock, systemClock } from '@sallyport/core'
import { defaultSleep, type Sleep } from './retry-delay.ts'

/**
 * What a request is for, from the first to be served to the last: a small request, a piece of a blob from memory, a
 * blob that is read, a blob that is sent while another stream is read.
 */
export type HostLane = 'small' | 'chunk' | 'read' | 'stream'

/** Options of {@link createHostLimiter}. */
export interface HostLimiterOptions {
  /** Most requests in flight to one host. At least 4. Default 16. */
  readonly requests?: number | undefined
  /**
   * Most of them that transfer blobs; the rest is kept for small requests. At least 2, and less than `requests` - 1.
   * Default three quarters of `requests`.
   */
  readonly blobs?: number | undefined
  /** Most requests a second to one host, evenly spread. Default: no limit. */
  readonly requestsPerSecond?: number | undefined
  /** Tells the time. Default: the system's. */
  readonly clock?: Clock | undefined
  /** Waits. Default: timers of Node.js. */
  readonly sleep?: Sleep | undefined
}

/** Bounds the requests to each host, whoever sends them. One may be shared by any number of clients. */
export interface HostLimiter {
  /** Most requests in flight to one host. */
  readonly requests: number
  /** Waits for a place and returns what gives it back. Rejects with `signal.reason` when aborted. */
  acquire(host: string, lane: HostLane, signal?: AbortSignal): Promise<() => void>
  /** Lets nothing more go to a host for a while. What is returned ends the pause early. */
  pause(host: string, milliseconds: number): () => void
}

interface Waiter {
  readonly grant: () => void
}

interface HostState {
  inFlight: number
  /** Nothing is sent before this time. */
  notBefore: number
  /** When that was said. A clock that goes back must not make the wait longer. */
  since: number
  timer: AbortController | undefined
  readonly queues: Readonly<Record<HostLane, Set<Waiter>>>
}

const minSweptHosts = 1000
const lanes: readonly HostLane[] = ['small', 'chunk', 'read', 'stream']

/**
 * Creates a limiter. A request that may have to wait for another one while it holds its place can take fewer places
 * than the one it waits for: a blob that is sent waits for the blob that is read, and that one may wait for a piece of
 * it to be sent. So the requests of a copy never lock each other out, not even on one host.
 */
export function createHostLimiter({
  requests = 16,
  blobs = Math.floor((requests * 3) / 4),
  requestsPerSecond = Number.POSITIVE_INFINITY,
  clock = systemClock,
  sleep = defaultSleep,
}: HostLimiterOptions = {}): HostLimiter {
  const small = Math.max(4, requests)
  const read = Math.min(Math.max(2, blobs), small - 2)
  const most: Readonly<Record<HostLane, number>> = {
    small,
    chunk: small - 1,
    read,
    stream: read - Math.max(1, Math.floor(read / 3)),
  }
  const intervalMs = 1000 / requestsPerSecond
  const hosts = new Map<string, HostState>()
  let sweepAt = minSweptHosts
  const now = (): number => clock.now().getTime()

  const isPaused = ({ notBefore, since }: HostState): boolean => {
    const time = now()
    return since <= time && time < notBefore
  }

  function hold(state: HostState, milliseconds: number): void {
    state.since = now()
    state.notBefore = state.since + milliseconds
  }

  function stateOf(host: string): HostState {
    let state = hosts.get(host)
    if (state === undefined) {
      if (hosts.size >= sweepAt) sweep()
      const queues = {
        small: new Set<Waiter>(),
        chunk: new Set<Waiter>(),
        read: new Set<Waiter>(),
        stream: new Set<Waiter>(),
      }
      state = { inFlight: 0, notBefore: 0, since: 0, timer: undefined, queues }
      hosts.set(host, state)
    }
    return state
  }

  /** A pause that nobody waited for leaves its host behind; those that redirects lead to may be ever new ones. */
  function sweep(): void {
    for (const [host, state] of hosts) if (isIdle(state)) hosts.delete(host)
    sweepAt = Math.max(minSweptHosts, hosts.size * 2)
  }

  function isIdle(state: HostState): boolean {
    return state.inFlight === 0 && lanes.every((lane) => state.queues[lane].size === 0) && !isPaused(state)
  }

  /** Serves who waits, as far as there is room, and forgets hosts that nobody talks to. */
  function serve(host: string, state: HostState): void {
    for (;;) {
      const lane = lanes.find((each) => state.queues[each].size > 0)
      if (lane === undefined) {
        state.timer?.abort()
        state.timer = undefined
        if (isIdle(state) && hosts.get(host) === state) hosts.delete(host)
        return
      }
      if (isPaused(state)) return wakeLater(host, state)
      const [waiter] = state.queues[lane]
      if (waiter === undefined || state.inFlight >= most[lane]) return
      state.queues[lane].delete(waiter)
      state.inFlight++
      if (intervalMs > 0) hold(state, intervalMs)
      waiter.grant()
    }
  }

  function wakeLater(host: string, state: HostState): void {
    if (state.timer !== undefined) return
    const timer = new AbortController()
    const until = state.notBefore
    state.timer = timer
    const wake = (): void => {
      if (timer.signal.aborted) return
      state.timer = undefined
      if (state.notBefore === until) state.notBefore = 0
      serve(host, state)
    }
    sleep(until - now(), timer.signal).then(wake, wake)
  }

  return {
    requests: small,
    async acquire(host, lane, signal) {
      signal?.throwIfAborted()
      const state = stateOf(host)
      await new Promise<void>((resolve, reject) => {
        const stop = (): void => {
          state.queues[lane].delete(waiter)
          reject(signal?.reason as Error)
          serve(host, state)
        }
        const waiter: Waiter = {
          grant() {
            signal?.removeEventListener('abort', stop)
            resolve()
          },
        }
        signal?.addEventListener('abort', stop, { once: true })
        state.queues[lane].add(waiter)
        serve(host, state)
      })
      let held = true
      return () => {
        if (!held) return
        held = false
        state.inFlight--
        serve(host, state)
      }
    },
    pause(host, milliseconds) {
      const state = stateOf(host)
      const isLonger = now() + milliseconds > state.notBefore || !isPaused(state)
      if (isLonger) hold(state, milliseconds)
      const until = state.notBefore
      return () => {
        if (!isLonger || state.notBefore !== until) return
        state.notBefore = 0
        state.timer?.abort()
        state.timer = undefined
        serve(host, state)
      }
    },
  }
}
