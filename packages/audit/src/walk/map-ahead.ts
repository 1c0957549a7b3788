import { joinSignals } from '@sallyport/core'

/**
 * Maps what comes, in its order, with at most `limit` mappings at once. Left early or failed, it aborts those under way
 * and waits for them.
 */
export async function* mapAhead<T, U>(
  source: AsyncIterable<T>,
  limit: number,
  map: (item: T, signal: AbortSignal) => Promise<U>,
  signal: AbortSignal | undefined,
): AsyncGenerator<U, void, undefined> {
  const left = new AbortController()
  using stop = joinSignals([signal, left.signal])
  const running: Promise<U>[] = []
  try {
    for await (const item of source) {
      const mapped = map(item, stop.signal)
      // It is awaited in its turn; until then its failure is no unhandled one.
      mapped.catch(() => undefined)
      running.push(mapped)
      if (running.length >= limit) yield await running.shift()!
    }
    while (running.length > 0) yield await running.shift()!
  } finally {
    left.abort(new DOMException('no longer wanted', 'AbortError'))
    await Promise.allSettled(running)
  }
}
