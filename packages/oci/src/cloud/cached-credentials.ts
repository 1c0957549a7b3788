import type { Clock } from '@sallyport/core'
import { createSharedFlights } from '../internal/shared-flights.ts'
import type { Credentials } from '../ports/credential-provider.ts'

/** Something secret and the time when it ends, in milliseconds since 1970. */
export interface Expiring<T> {
  /** The secret itself. */
  readonly value: T
  /** When it ends, in milliseconds since 1970. */
  readonly expiresAt: number
}

/** Fetches secrets once for all who ask, and again before they end. */
export interface ExpiringCache<T> {
  /** What is kept under `key`, or what `fetch` gives; again when less than ten minutes of it are left. */
  get(
    key: string,
    fetch: (signal: AbortSignal) => Promise<Expiring<T>>,
    signal: AbortSignal | undefined,
  ): Promise<T>
}

/** A registry client keeps what a provider gave it for five minutes; it must still be good then. */
const renewBeforeMs = 10 * 60_000
const maxEntries = 1000

/** Creates an empty cache. */
export function createExpiringCache<T = Credentials>(clock: Clock): ExpiringCache<T> {
  const kept = new Map<string, Expiring<T>>()
  const flights = createSharedFlights<Expiring<T>>()
  return {
    async get(key, fetch, signal) {
      signal?.throwIfAborted()
      const known = kept.get(key)
      if (known !== undefined && known.expiresAt - renewBeforeMs > clock.now().getTime()) return known.value
      const fetched = await flights.join(key, fetch, signal)
      if (kept.size >= maxEntries) kept.clear()
      kept.set(key, fetched)
      return fetched.value
    },
  }
}
