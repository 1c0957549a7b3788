/** Keeps what was used last. */
export interface BoundedMap<K, V> {
  get(key: K): V | undefined
  set(key: K, value: V): void
  delete(key: K): void
}

/** Makes a map that forgets what was not used for longest once all that it holds weighs more than `most`. */
export function createBoundedMap<K, V>(
  most: number,
  weightOf: (value: V) => number = () => 1,
): BoundedMap<K, V> {
  const entries = new Map<K, V>()
  let weight = 0
  const remove = (key: K): void => {
    const value = entries.get(key)
    if (value === undefined) return
    entries.delete(key)
    weight -= weightOf(value)
  }
  return {
    get(key) {
      const value = entries.get(key)
      if (value !== undefined) {
        entries.delete(key)
        entries.set(key, value)
      }
      return value
    },
    set(key, value) {
      remove(key)
      entries.set(key, value)
      weight += weightOf(value)
      for (const oldest of entries.keys()) {
        if (weight <= most) break
        remove(oldest)
      }
    },
    delete: remove,
  }
}
