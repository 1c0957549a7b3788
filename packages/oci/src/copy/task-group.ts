/** Tasks that belong together: the first failure ends the others, and none is left running. */
export interface TaskGroup {
  /** Ends with the caller's signal or the first failure. */
  readonly signal: AbortSignal
  /** Starts a task. Its failure is that of the group, whether anybody awaits it or not. */
  start<T>(task: () => Promise<T>): Promise<T>
  /** Runs a task and waits for all others too, also for those that it starts; rejects with the first failure. */
  finish<T>(task: () => Promise<T>): Promise<T>
}

/** Creates an empty group. */
export function createTaskGroup(outer: AbortSignal | undefined): TaskGroup {
  const stop = new AbortController()
  const signal = outer === undefined ? stop.signal : AbortSignal.any([outer, stop.signal])
  const running = new Set<Promise<void>>()
  let first: { readonly error: unknown } | undefined

  async function run<T>(task: () => Promise<T>): Promise<T> {
    signal.throwIfAborted()
    return task()
  }

  function start<T>(task: () => Promise<T>): Promise<T> {
    const started = run(task)
    const watched = started.then(
      () => void running.delete(watched),
      (error: unknown) => {
        // The first failure is the reason; the others only stop because of it.
        first ??= { error }
        stop.abort(error)
        running.delete(watched)
      },
    )
    running.add(watched)
    return started
  }

  return {
    signal,
    start,
    async finish(task) {
      const result = start(task)
      while (running.size > 0) await Promise.all(running)
      outer?.throwIfAborted()
      if (first !== undefined) throw first.error
      return result
    },
  }
}
