/** The first of many in an order, while only some of them are in memory. */
export interface FirstOf<T> {
  add(item: T): void
  /** How many were added. */
  readonly seen: number
  /** In order. */
  list(): readonly T[]
}

/** Keeps the `limit` first items in the order of `compare`. */
export function keepFirst<T>(limit: number, compare: (one: T, other: T) => number): FirstOf<T> {
  const kept: T[] = []
  let seen = 0
  const trim = () => {
    kept.sort(compare)
    if (kept.length > limit) kept.length = limit
  }
  return {
    add(item) {
      seen++
      kept.push(item)
      // Sorting at twice the limit makes it a few comparisons for each item, however many come.
      if (kept.length >= 2 * limit + 16) trim()
    },
    get seen() {
      return seen
    },
    list() {
      trim()
      return [...kept]
    },
  }
}
