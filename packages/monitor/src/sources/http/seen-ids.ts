/** Remembers the latest ids, as many as it has room for. */
export interface SeenIds {
  has(id: string): boolean
  add(id: string): void
}

/** A window over the latest `size` ids. */
export function createSeenIds(size: number): SeenIds {
  const ids = new Set<string>()
  return {
    has: (id) => ids.has(id),
    add(id) {
      ids.delete(id)
      ids.add(id)
      const [oldest] = ids
      if (ids.size > size && oldest !== undefined) ids.delete(oldest)
    },
  }
}
