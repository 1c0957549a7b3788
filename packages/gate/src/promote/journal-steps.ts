import type { Clock } from '@sallyport/core'
import type { DurableSteps, Json } from '../ports/durable-steps.ts'
import type { Journal } from '../ports/journal.ts'
import type { Resolution } from './resolution.ts'

/**
 * The embedded engine: runs steps where it stands. What a step returned is kept in the journal, and used again when its
 * attempt goes on after a crash, as long as the step can tell that it still holds.
 */
export function journalSteps(journal: Journal, clock: Clock): DurableSteps {
  let current: Pick<Resolution, 'key' | 'attempt'> | undefined
  return {
    async run<T>(
      name: string,
      work: (signal: AbortSignal | undefined) => Promise<T>,
      revive?: (earlier: T) => Promise<T | undefined>,
    ): Promise<T> {
      if (name === 'resolve') {
        const resolution = await work(undefined)
        current = resolution as Resolution
        return resolution
      }
      if (!revive || !current) return work(undefined)
      const { key, attempt } = current
      for (let time = 1; ; time++) {
        const label = time === 1 ? name : `${name} ${time}`
        const earlier = await journal.findStep(key, attempt, label)
        if (!earlier) {
          const value = await work(undefined)
          const output = value as Json
          await journal.saveStep(key, attempt, { name: label, output, at: clock.now().toISOString() })
          return value
        }
        const revived = await revive(earlier.output as T)
        if (revived !== undefined) return revived
      }
    },
  }
}
