/** The time for an answer is over, or the caller does not wait any more. */
export class DeadlineError extends Error {
  /** Whether the caller's signal ended it; `cause` is its reason then. */
  readonly isCallers: boolean

  constructor(message: string, isCallers: boolean, cause?: unknown) {
    super(message, { cause })
    this.isCallers = isCallers
  }
}

/** Time for an answer, and the caller's wish to stop. */
export interface Deadline extends Disposable {
  /** Aborted when either is over. */
  readonly signal: AbortSignal
  /** The value, unless the time is over before; rejects with a {@link DeadlineError} then. What is waited for goes on. */
  wait<T>(promise: Promise<T>): Promise<T>
}

/** Starts to count. Dispose it, so that no timer stays. */
export function startDeadline(budgetMs: number, signal: AbortSignal | undefined): Deadline {
  const stop = new AbortController()
  const leave = (): void =>
    stop.abort(new DeadlineError('the caller does not wait any more', true, signal?.reason))
  const timer = setTimeout(
    () => stop.abort(new DeadlineError(`there was no verdict within ${budgetMs} ms`, false)),
    budgetMs,
  )
  if (signal?.aborted) leave()
  else signal?.addEventListener('abort', leave, { once: true })
  return {
    signal: stop.signal,
    wait(promise) {
      return new Promise((resolve, reject) => {
        const end = (): void => reject(stop.signal.reason as Error)
        if (stop.signal.aborted) {
          promise.catch(() => undefined)
          end()
          return
        }
        stop.signal.addEventListener('abort', end, { once: true })
        promise.then(resolve, reject).finally(() => stop.signal.removeEventListener('abort', end))
      })
    },
    [Symbol.dispose]() {
      clearTimeout(timer)
      signal?.removeEventListener('abort', leave)
    },
  }
}
