import { setTimeout as pause } from 'node:timers/promises'
import { explainDrift } from '@sallyport/runtime'
import { checkNode, createMemory } from './check-node.ts'
import { listContainers } from './list-containers.ts'

/** Options of {@link watchNode}. */
export interface WatchOptions {
  /** Gives the Pods of this node, as the API server lists them. */
  readonly readPods: (signal: AbortSignal) => Promise<Parameters<typeof listContainers>[0]>
  /** Milliseconds between the end of a round and the next; `undefined` for one round, as in a CronJob. */
  readonly intervalMs?: number | undefined
  readonly print: (text: string) => void
  readonly signal: AbortSignal
}

/** Checks a node again and again, and says whether the last round was clean. */
export async function watchNode({ readPods, intervalMs, print, signal }: WatchOptions): Promise<boolean> {
  const memory = createMemory()
  for (;;) {
    let isClean = true
    for await (const checked of checkNode(listContainers(await readPods(signal)), memory, signal)) {
      if (checked.verdict === 'clean') continue
      isClean = false
      print('why' in checked ? `unknown: ${checked.name}: ${checked.why}\n` : explainDrift(checked))
    }
    if (intervalMs === undefined) return isClean
    await pause(intervalMs, undefined, { signal }).catch(() => undefined)
    if (signal.aborted) return isClean
  }
}
