import type { HashCache } from '../collect/hash-cache.ts'
import { createPace } from '../collect/pace.ts'
import { findProcesses } from './find-processes.ts'
import { inspectProcess } from './inspect-process.ts'
import type { ObservedProcess, ProcessObservations, UnknownProcess } from './observed-process.ts'

/** Options of {@link observeProcesses}. */
export interface ObserveProcessesOptions {
  /** Any process of the container. */
  readonly pid: number
  /** Default `/proc`. */
  readonly procDirectory?: string | undefined
  /** Hashes that are remembered. Default: everything is read. */
  readonly cache?: HashCache | undefined
  /** Default 10,000; more are unknown. */
  readonly maxProcesses?: number | undefined
  /** When it fires, processes that were not looked at by then are unknown. Default: none. */
  readonly timeLimit?: AbortSignal | undefined
  /** Ends the work; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Looks at all processes of a container: what they run (also from what is deleted, or only in memory), which scripts, and
 * what they loaded. Processes that end meanwhile are counted. Needs the right to look at them (CAP_SYS_PTRACE).
 *
 * @throws {RuntimeError} `CONTAINER_UNAVAILABLE` when the process is not there or may not be looked at.
 */
export async function observeProcesses({
  pid,
  procDirectory = '/proc',
  cache,
  maxProcesses = 10_000,
  timeLimit,
  signal,
}: ObserveProcessesOptions): Promise<ProcessObservations> {
  signal?.throwIfAborted()
  const pids = findProcesses(procDirectory, pid)
  const context = { procDirectory, pace: createPace(signal, timeLimit), cache }
  const processes: ObservedProcess[] = []
  const unknown: UnknownProcess[] = pids
    .slice(maxProcesses)
    .map((each) => ({ pid: each, message: `more than ${maxProcesses} processes` }))
  let ended = 0
  for (const each of pids.slice(0, maxProcesses)) {
    signal?.throwIfAborted()
    if (context.pace.isOver) {
      unknown.push({ pid: each, message: `process ${each} was not looked at in time` })
      continue
    }
    const inspection = await inspectProcess(each, context)
    if (inspection.state === 'ended') ended += 1
    else if (inspection.state === 'denied') unknown.push({ pid: each, message: inspection.message })
    else {
      processes.push(inspection.process)
      unknown.push(...inspection.problems.map((message) => ({ pid: each, message })))
    }
  }
  return { processes, unknown, ended }
}
