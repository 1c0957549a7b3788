/** Lets one operation per key run at a time. */
export interface KeyedMutex {
  run<T>(key: string, operation: () => Promise<T>): Promise<T>
}

/** Creates a mutex that forgets a key when nobody waits for it any more. */
export function createKeyedMutex(): KeyedMutex {
  const tails = new Map<string, Promise<unknown>>()
  return {
    async run(key, operation) {
      const previous = tails.get(key) ?? Promise.resolve()
      const own = previous.then(operation, operation)
      tails.set(key, own)
      try {
        return await own
      } finally {
        if (tails.get(key) === own) tails.delete(key)
      }
    },
  }
}
