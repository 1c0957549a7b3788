/** Runs each thing once for all who ask at the same time, few at once. */
export interface Flights<T> {
  /**
   * Joins what runs under `key`, or starts it; `undefined` when too many wait. It goes on although nobody waits for it any
   * more, until it is done or its time is over.
   */
  join(key: string, operation: (signal: AbortSignal) => Promise<T>): Promise<T> | undefined
  readonly inFlight: number
  readonly waiting: number
  readonly joined: number
  readonly started: number
  /** Ends all. */
  close(reason: Error): Promise<void>
}

/** Options of {@link createFlights}. */
export interface FlightsOptions {
  readonly maxConcurrent: number
  readonly maxWaiting: number
  readonly timeoutMs: number
}

/** What ran for longer than it may. */
export class FlightTimeout extends Error {}

/** Makes it, with nothing running. */
export function createFlights<T>({ maxConcurrent, maxWaiting, timeoutMs }: FlightsOptions): Flights<T> {
  const flights = new Map<string, Promise<T>>()
  const queue: (() => void)[] = []
  const closing = new AbortController()
  let inFlight = 0
  let joined = 0
  let started = 0

  async function run(operation: (signal: AbortSignal) => Promise<T>): Promise<T> {
    if (inFlight >= maxConcurrent) await new Promise<void>((resolve) => queue.push(resolve))
    else inFlight++
    const stop = new AbortController()
    const end = (): void => stop.abort(closing.signal.reason)
    if (closing.signal.aborted) end()
    closing.signal.addEventListener('abort', end)
    const timer = setTimeout(
      () => stop.abort(new FlightTimeout(`it took longer than ${timeoutMs} ms`)),
      timeoutMs,
    )
    started++
    try {
      stop.signal.throwIfAborted()
      // An operation that does not listen must not hold its place for ever.
      return await Promise.race([operation(stop.signal), rejectWhenAborted(stop.signal)])
    } finally {
      clearTimeout(timer)
      closing.signal.removeEventListener('abort', end)
      const next = queue.shift()
      if (next) next()
      else inFlight--
    }
  }

  return {
    join(key, operation) {
      const known = flights.get(key)
      if (known) {
        joined++
        return known
      }
      if (inFlight >= maxConcurrent && queue.length >= maxWaiting) return undefined
      const flight = run(operation)
      flights.set(key, flight)
      const forget = (): void => {
        flights.delete(key)
      }
      flight.then(forget, forget)
      return flight
    },
    get inFlight() {
      return inFlight
    },
    get waiting() {
      return queue.length
    },
    get joined() {
      return joined
    },
    get started() {
      return started
    },
    async close(reason) {
      closing.abort(reason)
      await Promise.allSettled(flights.values())
    },
  }
}

function rejectWhenAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason as Error)
    if (signal.aborted) fail()
    else signal.addEventListener('abort', fail, { once: true })
  })
}
