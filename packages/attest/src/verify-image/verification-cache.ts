/**
 * Keeps what verifying a signature found, as text; a folder, a database or another process may do it as well. Whoever
 * can write to it decides what is believed: keep it as safe as the keys' configuration.
 */
export interface VerificationCache {
  /** What was stored under a key, or `undefined`. */
  get(key: string): string | undefined | Promise<string | undefined>
  /** Keeps `value`, for `ttlMs` milliseconds where given. Forgetting early is always allowed. */
  set(key: string, value: string, options: { readonly ttlMs?: number | undefined }): void | Promise<void>
}

/** Options of {@link createVerificationCache}. */
export interface VerificationCacheOptions {
  /** Most outcomes that are kept. Default 10,000. */
  readonly maxEntries?: number | undefined
  /** Most characters that are kept, keys included. Default 32 Mi. */
  readonly maxLength?: number | undefined
  /** Milliseconds on a clock that does not go back. Default `performance.now`. */
  readonly elapsedMs?: (() => number) | undefined
}

/** A cache in memory that forgets first what was not used for longest. */
export function createVerificationCache({
  maxEntries = 10_000,
  maxLength = 32 * 1024 * 1024,
  elapsedMs = () => performance.now(),
}: VerificationCacheOptions = {}): VerificationCache {
  // A map keeps the order of insertion: what is used is put at its end.
  const entries = new Map<string, { readonly value: string; readonly endsAt: number }>()
  let length = 0

  function remove(key: string): void {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    length -= key.length + entry.value.length
  }

  return {
    get(key) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      entries.delete(key)
      entries.set(key, entry)
      if (entry.endsAt > elapsedMs()) return entry.value
      remove(key)
      return undefined
    },
    set(key, value, { ttlMs = Number.POSITIVE_INFINITY }) {
      remove(key)
      entries.set(key, { value, endsAt: elapsedMs() + ttlMs })
      length += key.length + value.length
      while (entries.size > maxEntries || length > maxLength) {
        const [oldest] = entries.keys()
        if (oldest === undefined) return
        remove(oldest)
      }
    },
  }
}
