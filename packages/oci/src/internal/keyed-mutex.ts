import { untilAborted } from './until-aborted.ts'

/** Lets one operation per key run at a time. */
export interface KeyedMutex {
  /** Waits for its turn, but not longer than the signal, and runs. */
  run<T>(key: string, operation: () => Promise<T>, signal?: AbortSignal): Promise<T>
}

/** Creates a mutex that forgets a key when nobody waits for it any more. */
export function createKeyedMutex(): KeyedMutex {
  const tails = new Map<string, Promise<unknown>>()
  return {
    async run(key, operation, signal) {
      const turn = (tails.get(key) ?? Promise.resolve()).catch(() => undefined)
      const own = turn.then(() => {
        signal?.throwIfAborted()
        return operation()
      })
      tails.set(key, own)
      const forget = (): void => {
        if (tails.get(key) === own) tails.delete(key)
      }
      own.then(forget, forget)
      await untilAborted(turn, signal)
      return own
    },
  }
}
