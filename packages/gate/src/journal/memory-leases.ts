import type { Leases } from '../ports/leases.ts'

/** Leases among the users of one object. */
export function memoryLeases(): Leases & AsyncDisposable {
  const held = new Set<string>()
  return {
    async acquire(resource) {
      if (held.has(resource)) return undefined
      held.add(resource)
      let released = false
      return {
        async [Symbol.asyncDispose]() {
          // A second release must not take the lease from who holds it then.
          if (!released) held.delete(resource)
          released = true
        },
      }
    },
    async [Symbol.asyncDispose]() {
      held.clear()
    },
  }
}
