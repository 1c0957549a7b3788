import { monitorEventLoopDelay } from 'node:perf_hooks'

/** How late things come on this machine. */
export interface Lateness extends Disposable {
  /** Longest time that anything had to wait for its turn in the last ten to twenty seconds, in milliseconds. */
  readonly ms: number
}

const resolutionMs = 20
const windowMs = 10_000

/** Measures until it is disposed. */
export function watchLateness(elapsedMs: () => number = () => performance.now()): Lateness {
  const delays = monitorEventLoopDelay({ resolution: resolutionMs })
  delays.enable()
  let since = elapsedMs()
  let before = 0
  return {
    get ms() {
      const age = elapsedMs() - since
      if (age >= windowMs) {
        before = age < 2 * windowMs ? delays.max : 0
        delays.reset()
        since += age
      }
      // Each sample is the time between two turns, which is meant to be the resolution.
      return Math.max(0, Math.max(before, delays.max) / 1e6 - resolutionMs)
    },
    [Symbol.dispose]: () => void delays.disable(),
  }
}
