/** A signal that ends with others, until it is disposed of. */
export interface JoinedSignal extends Disposable {
  /** Aborts with the first of the others, for its reason. */
  readonly signal: AbortSignal
}

/**
 * Aborts `follower` when `signal` aborts, or at once when it has, until what is returned is called.
 *
 * Made for signals that outlive thousands of followers. Listeners that were removed from one signal still lead to those
 * that came after them, so that one which has grown old keeps all later ones until the whole heap is collected: what a
 * listener of a request leads to is kept with it. These let go of their follower.
 */
export function followSignal(signal: AbortSignal | undefined, follower: AbortController): () => void {
  if (signal === undefined) return () => undefined
  if (signal.aborted) follower.abort(signal.reason)
  return signal.aborted ? () => undefined : listen(signal, { follower })
}

/** All that its closures can see is what is let go of: they share one scope. */
function listen(signal: AbortSignal, held: { follower: AbortController | undefined }): () => void {
  const pass = (): void => held.follower?.abort(signal.reason)
  signal.addEventListener('abort', pass, { once: true })
  return () => {
    held.follower = undefined
    signal.removeEventListener('abort', pass)
  }
}

/**
 * Joins signals for as long as something takes; dispose it then, also when nothing was aborted. `AbortSignal.any` can't be
 * left: while one of its signals lives, what listens to it is kept, and each of them is only seen to be garbage when the
 * whole heap is collected.
 */
export function joinSignals(signals: readonly (AbortSignal | undefined)[]): JoinedSignal {
  const joined = new AbortController()
  const leave = signals.map((signal) => followSignal(signal, joined))
  return {
    signal: joined.signal,
    [Symbol.dispose]() {
      for (const each of leave) each()
    },
  }
}
