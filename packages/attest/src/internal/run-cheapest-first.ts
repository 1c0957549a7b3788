/** A piece of work that may lead to more. */
export interface QueuedWork {
  /** Lower ones first. */
  readonly rank: number
  /** Among equals, the cheaper one first. */
  readonly cost: number
  run(): Promise<readonly QueuedWork[]>
}

/**
 * Runs work and what it leads to, the lowest rank and then the least cost first, with at most `concurrency` pieces at
 * once, until nothing is left or `isDone` says so. Rejects with the first rejection.
 */
export async function runCheapestFirst(
  first: readonly QueuedWork[],
  { concurrency, isDone }: { readonly concurrency: number; readonly isDone: () => boolean },
): Promise<void> {
  const waiting = first.toSorted(byCost)
  let failed = false
  let running = 0
  let wake = Promise.withResolvers<void>()
  const work = async (): Promise<void> => {
    while (!failed && !isDone()) {
      const next = waiting.shift()
      if (next === undefined) {
        if (running === 0) break
        await wake.promise
        continue
      }
      running++
      try {
        const more = await next.run()
        if (more.length > 0) {
          waiting.push(...more)
          waiting.sort(byCost)
        }
      } catch (error) {
        failed = true
        throw error
      } finally {
        running--
        wake.resolve()
        wake = Promise.withResolvers()
      }
    }
  }
  await Promise.all(Array.from({ length: concurrency }, work))
}

function byCost(left: QueuedWork, right: QueuedWork): number {
  return left.rank - right.rank || left.cost - right.cost
}
