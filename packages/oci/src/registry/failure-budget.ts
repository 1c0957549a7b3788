import type { RegistryPatience } from './registry-context.ts'

/** A transfer that got this far since it last broke is not failing for good. */
const progressBytes = 1024 * 1024

/** Bounds the failures of one transfer. */
export interface FailureBudget {
  /** Counts a failure at `position` and waits before the next try; rejects with `failure` when that was the last one. */
  spend(failure: unknown, position: number): Promise<void>
}

/** Allows as many failures in a row as `patience` has attempts. Only bytes beyond all earlier ones are progress. */
export function createFailureBudget(
  { attempts, backOff }: Pick<RegistryPatience, 'attempts' | 'backOff'>,
  start: number,
  signal: AbortSignal | undefined,
): FailureBudget {
  let reached = start
  let fruitless = 0
  return {
    async spend(failure, position) {
      signal?.throwIfAborted()
      fruitless = position - reached >= progressBytes ? 0 : fruitless + 1
      reached = Math.max(reached, position)
      if (fruitless >= attempts) throw failure
      await backOff(Math.max(1, fruitless), signal)
    },
  }
}
