/** Lets at most `limit` pieces of work run at once, in the order in which they ask. */
export type Slots = <T>(work: () => Promise<T>) => Promise<T>

/** Creates slots that any number of callers share. */
export function createSlots(limit: number): Slots {
  let free = limit
  const waiting: (() => void)[] = []
  return async (work) => {
    if (free > 0) free--
    else await new Promise<void>((resolve) => waiting.push(resolve))
    try {
      return await work()
    } finally {
      const next = waiting.shift()
      if (next) next()
      else free++
    }
  }
}
