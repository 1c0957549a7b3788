import { setImmediate as turn, setTimeout as delay } from 'node:timers/promises'

/** Brings together what many callers want kept. */
export interface Gathering<T, R> {
  /** Resolves once these are kept, with what that led to; it may have been kept with what others brought. */
  add(items: readonly T[]): Promise<R>
}

/** After a commit the next one waits at most so long, in milliseconds. */
const longestRestMs = 2

/**
 * Gathers what comes at about the same time, so that it is kept in one go: each commit waits for the disk, and costs work
 * whatever it holds. The slower the disk, the more is gathered.
 */
export function openGathering<T, R>(keep: (items: readonly T[]) => Promise<R>): Gathering<T, R> {
  let waiting: T[] = []
  let next: Promise<R> | undefined
  let current: Promise<unknown> = Promise.resolve()
  let restUntil = 0

  async function keepNext(): Promise<R> {
    await current
    await turn()
    const restMs = restUntil - performance.now()
    if (restMs >= 1) await delay(restMs)
    const all = waiting
    waiting = []
    next = undefined
    const startedAt = performance.now()
    const work = keep(all)
    current = work.catch(() => undefined)
    try {
      return await work
    } finally {
      const endedAt = performance.now()
      restUntil = endedAt + Math.min(endedAt - startedAt, longestRestMs)
    }
  }

  return {
    async add(items) {
      waiting.push(...items)
      next ??= keepNext()
      return await next
    },
  }
}
