import { mapConcurrent } from '../internal/map-concurrent.ts'

const concurrency = 4

/** Runs all with few at once. After a failure no more are begun, but what runs is waited for: it may still be stored. */
export async function runAll(tasks: readonly (() => Promise<unknown>)[]): Promise<void> {
  let failure: { readonly error: unknown } | undefined
  await mapConcurrent(tasks, concurrency, async (task) => {
    if (failure !== undefined) return
    try {
      await task()
    } catch (error) {
      failure ??= { error }
    }
  })
  if (failure !== undefined) throw failure.error
}
