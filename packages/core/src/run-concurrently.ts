import { joinSignals } from './follow-signal.ts'

/**
 * Runs `work` on every item, at most `limit` at a time. The first failure aborts the signal that the others were
 * given; the promise rejects with it only after all have ended, so that what they use can be cleaned up.
 */
export async function runConcurrently<T>(
  items: readonly T[],
  limit: number,
  signal: AbortSignal | undefined,
  work: (item: T, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const failure = new AbortController()
  using joined = joinSignals([signal, failure.signal])
  const stop = joined.signal
  const waiting = [...items]
  const worker = async () => {
    for (let item = waiting.shift(); item !== undefined && !stop.aborted; item = waiting.shift()) {
      try {
        await work(item, stop)
      } catch (error) {
        failure.abort(error)
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(limit, items.length) }, worker))
  signal?.throwIfAborted()
  failure.signal.throwIfAborted()
}
