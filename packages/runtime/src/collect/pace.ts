import { setImmediate as immediate } from 'node:timers/promises'

const sliceMs = 10

/**
 * Lets others have their turn: system calls on local files are several times faster when they are made in place, as long as
 * nobody waits longer than a few milliseconds for them.
 */
export interface Pace {
  /** A promise when it is time to wait. Rejects with `signal.reason`. */
  next(): Promise<void> | undefined
}

/** Makes a {@link Pace}. */
export function createPace(signal: AbortSignal | undefined): Pace {
  let until = performance.now() + sliceMs
  return {
    next() {
      if (performance.now() < until) return undefined
      return (async () => {
        await immediate()
        signal?.throwIfAborted()
        until = performance.now() + sliceMs
      })()
    },
  }
}
