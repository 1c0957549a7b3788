import { untilAborted } from './until-aborted.ts'

/** Lets all who ask for the same thing at the same time wait for one operation. */
export interface SharedFlights<T> {
  /**
   * Joins the operation that runs under `key`, or starts it. Who waits ends with its own signal; the operation goes on
   * as long as anybody waits for it.
   */
  join(
    key: string,
    operation: (signal: AbortSignal) => Promise<T>,
    signal: AbortSignal | undefined,
  ): Promise<T>
}

interface Flight<T> {
  readonly landing: Promise<T>
  readonly stop: AbortController
  waiting: number
}

/** Creates an empty set of operations. */
export function createSharedFlights<T>(): SharedFlights<T> {
  const flights = new Map<string, Flight<T>>()

  function start(key: string, operation: (signal: AbortSignal) => Promise<T>): Flight<T> {
    const stop = new AbortController()
    const flight = { landing: operation(stop.signal), stop, waiting: 0 }
    const forget = (): void => {
      if (flights.get(key) === flight) flights.delete(key)
    }
    flights.set(key, flight)
    flight.landing.then(forget, forget)
    return flight
  }

  return {
    async join(key, operation, signal) {
      signal?.throwIfAborted()
      const flight = flights.get(key) ?? start(key, operation)
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
