/** A time by both clocks: one that people set, and one that does not go back. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly wall: number
  readonly elapsed: number
}

/** What was kept, and how it stands now. */
export interface Kept<V> {
  readonly value: V
  readonly keptAt: Moment
  /** Milliseconds since it was kept. */
  readonly ageMs: number
}

/** Keeps values up to a number and a size; what was not used for longest goes first. */
export interface ExpiringStore<V> {
  /** `undefined` when there is none, or when the two clocks disagree about how long ago it was kept. */
  get(key: string, now: Moment): Kept<V> | undefined
  set(key: string, value: V, now: Moment): void
  delete(key: string): void
  readonly entries: number
  readonly bytes: number
  readonly evicted: number
}

/** How far the clocks may disagree: more means that somebody set one, and no age can be told. */
const maxSkewMs = 30_000
/** Of an entry besides its texts. */
const entryBytes = 400

/** Makes an empty store. */
export function createExpiringStore<V>(options: {
  readonly maxEntries: number
  readonly maxBytes: number
  readonly sizeOf: (value: V) => number
}): ExpiringStore<V> {
  const { maxEntries, maxBytes, sizeOf } = options
  interface Entry {
    readonly value: V
    readonly keptAt: Moment
    readonly bytes: number
  }
  const entries = new Map<string, Entry>()
  let bytes = 0
  let evicted = 0
  const remove = (key: string): void => {
    const entry = entries.get(key)
    if (entry === undefined) return
    entries.delete(key)
    bytes -= entry.bytes
  }
  return {
    get(key, now) {
      const entry = entries.get(key)
      if (entry === undefined) return undefined
      const ageMs = now.elapsed - entry.keptAt.elapsed
      if (Math.abs(now.wall - entry.keptAt.wall - ageMs) > maxSkewMs) {
        remove(key)
        return undefined
      }
      entries.delete(key)
      entries.set(key, entry)
      return { value: entry.value, keptAt: entry.keptAt, ageMs }
    },
    set(key, value, now) {
      remove(key)
      const entry = { value, keptAt: now, bytes: entryBytes + 2 * key.length + sizeOf(value) }
      if (entry.bytes > maxBytes) return
      entries.set(key, entry)
      bytes += entry.bytes
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && bytes <= maxBytes) break
        remove(oldest)
        evicted++
      }
    },
    delete: remove,
    get entries() {
      return entries.size
    },
    get bytes() {
      return bytes
    },
    get evicted() {
      return evicted
    },
  }
}
