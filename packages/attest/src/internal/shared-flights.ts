/** Lets all who ask for the same thing at the same time wait for one operation. */
export interface SharedFlights<T> {
  /**
   * Joins the operation that runs under `key`, or starts it. Who waits ends with its own signal; the operation is aborted
   * when nobody waits for it any more.
   */
  join(
    key: string,
    operation: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T>
}

/** Creates an empty set of operations. */
export function createSharedFlights<T>(): SharedFlights<T> {
  const flights = new Map<
    string,
    { readonly landing: Promise<T>; readonly stop: AbortController; waiting: number }
  >()
  return {
    async join(key, operation, signal) {
      signal?.throwIfAborted()
      let flight = flights.get(key)
      if (flight === undefined) {
        const stop = new AbortController()
        const started = { landing: operation(stop.signal), stop, waiting: 0 }
        const forget = (): void => {
          if (flights.get(key) === started) flights.delete(key)
        }
        started.landing.then(forget, forget)
        flights.set(key, started)
        flight = started
      }
      flight.waiting++
      try {
        return await untilAborted(flight.landing, signal)
      } finally {
        if (--flight.waiting === 0) {
          if (flights.get(key) === flight) flights.delete(key)
          flight.stop.abort()
        }
      }
    },
  }
}

async function untilAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise
  const { promise: aborted, reject } = Promise.withResolvers<never>()
  const stop = (): void => reject(signal.reason as Error)
  signal.addEventListener('abort', stop, { once: true })
  try {
    return await Promise.race([promise, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
