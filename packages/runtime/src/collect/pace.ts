import { setImmediate as immediate } from 'node:timers/promises'

const sliceMs = 10

/**
 * Lets others have their turn: system calls on local files are several times faster when they are made in place, as long as
 * nobody waits longer than a few milliseconds for them.
 */
export interface Pace {
  /** A promise when it is time to wait. Rejects with `signal.reason`. */
  next(): Promise<void> | undefined
  /** Whether the time is up: what was not looked at by now is unknown. */
  readonly isOver: boolean
}

/** Code of the error of a read that took too long. */
export const overTime = 'ETIME'

/** Makes a {@link Pace}. */
export function createPace(signal: AbortSignal | undefined, timeLimit?: AbortSignal): Pace {
  let until = performance.now() + sliceMs
  return {
    get isOver() {
      return timeLimit?.aborted === true
    },
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
