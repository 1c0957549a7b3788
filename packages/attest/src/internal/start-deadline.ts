/** A limit of time. */
export interface Deadline extends Disposable {
  /** Aborts when the time is up, with a `TimeoutError`. */
  readonly signal: AbortSignal
}

/**
 * Starts a limit of time. Dispose it as soon as it is not needed: unlike that of `AbortSignal.timeout`, its timer then
 * ends, which would otherwise keep the signal and all that listens to it until the time is up. It keeps no process alive.
 */
export function startDeadline(milliseconds: number): Deadline {
  const controller = new AbortController()
  const timer = setTimeout(() => {
    controller.abort(new DOMException('the time is up', 'TimeoutError'))
  }, toTimerMs(milliseconds))
  timer.unref()
  return { signal: controller.signal, [Symbol.dispose]: () => clearTimeout(timer) }
}

/** Timers take whole numbers below 2^31. */
function toTimerMs(milliseconds: number): number {
  return Math.min(Math.max(0, Math.ceil(milliseconds)), 2 ** 31 - 1)
}
