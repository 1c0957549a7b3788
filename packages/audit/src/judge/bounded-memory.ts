/** Remembers results, the latest used the longest, up to a weight. */
export interface BoundedMemory<Value> {
  /** `undefined` when it is not remembered, or was remembered before `since`. */
  get(key: string, since: number): Value | undefined
  set(key: string, value: Value, at: number, weight: number): void
  delete(key: string): void
}

/** Makes a memory of at most `maxEntries` results that weigh `maxWeight` together. */
export function createBoundedMemory<Value>(maxEntries: number, maxWeight: number): BoundedMemory<Value> {
  // A map keeps the order of insertion: what is used is put at its end.
  const entries = new Map<string, { readonly value: Value; readonly at: number; readonly weight: number }>()
  let total = 0
  const remove = (key: string): void => {
    total -= entries.get(key)?.weight ?? 0
    entries.delete(key)
  }
  return {
    get(key, since) {
      const entry = entries.get(key)
      if (entry === undefined || entry.at < since) return undefined
      entries.delete(key)
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, at, weight) {
      remove(key)
      entries.set(key, { value, at, weight })
      total += weight
      for (const oldest of entries.keys()) {
        if (entries.size <= maxEntries && total <= maxWeight) return
        remove(oldest)
      }
    },
    delete: remove,
  }
}
