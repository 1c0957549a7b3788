import { setTimeout as delay } from 'node:timers/promises'
import type { ExecutorLock } from './executor-lock.ts'
import { loadDbos, loadDbosExecutor } from './load-dbos.ts'
import type { DbosEngineOptions } from './options.ts'

/** Options of {@link recoverDead}. */
export interface RecoverDeadOptions {
  readonly lock: ExecutorLock
  /** Of this process. */
  readonly executorId: string
  readonly workflowName: string
  readonly intervalMs: number
  readonly onLog: NonNullable<DbosEngineOptions['onLog']>
}

/**
 * Puts what dead processes were running back into its queues, again and again, until it is disposed. DBOS lets a
 * workflow be claimed once, and refuses what a process writes that does not own it any more.
 */
export function recoverDead({
  lock,
  executorId,
  workflowName,
  intervalMs,
  onLog,
}: RecoverDeadOptions): AsyncDisposable {
  const stop = new AbortController()
  const ended = (async () => {
    while (!stop.signal.aborted) {
      try {
        for (const owner of await ownersOfRunning(workflowName)) {
          if (owner === executorId) continue
          await lock.whileDead(owner, async () => {
            const recovered = await loadDbosExecutor().globalInstance?.recoverPendingWorkflows([owner])
            const count = recovered?.length ?? 0
            if (count > 0) onLog('info', `${owner} is dead: ${count} of its promotions go on elsewhere`)
          })
        }
      } catch (error) {
        if (!stop.signal.aborted) onLog('warn', `looking for dead processes failed: ${String(error)}`)
      }
      await delay(intervalMs, undefined, { signal: stop.signal }).catch(() => undefined)
    }
  })()
  return {
    async [Symbol.asyncDispose]() {
      stop.abort()
      await ended
    },
  }
}

async function ownersOfRunning(workflowName: string): Promise<ReadonlySet<string>> {
  const running = await loadDbos().listWorkflows({
    workflowName,
    status: 'PENDING',
    loadInput: false,
    loadOutput: false,
  })
  return new Set(running.flatMap(({ executorId }) => executorId ?? []))
}
