import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { type FaultProxy, startFaultProxy } from './fault-proxy.ts'
import type { WorkerAnswer, WorkerTask } from './promote-worker.ts'

/** A worker process between two proxies; a killed worker is replaced. */
export interface Lane extends AsyncDisposable {
  readonly source: FaultProxy
  readonly target: FaultProxy
  /** Resolves with the answer, or with `killed` when the worker ended before it had one. */
  promote(task: WorkerTask): Promise<WorkerAnswer | 'killed'>
  /** `kill -9` of the worker, when one is running. */
  kill(): void
}

// `npm run chaos` builds the packages first, which load in half the time.
const whichCode = process.env['SALLYPORT_CHAOS_BUILT'] ? [] : ['--conditions=@sallyport/source']

/** Starts a lane between two registries. */
export async function startLane(sourceRegistry: string, targetRegistry: string): Promise<Lane> {
  const source = await startFaultProxy(sourceRegistry)
  const target = await startFaultProxy(targetRegistry)
  let worker: ChildProcess | undefined
  const kill = (): void => void worker?.kill('SIGKILL')
  source.kill = kill
  target.kill = kill

  const start = async (): Promise<ChildProcess> => {
    const child = fork(join(import.meta.dirname, 'promote-worker.ts'), {
      execArgv: [...whichCode, '--disable-warning=ExperimentalWarning'],
      // Loading code is most of what a new process costs.
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'sallyport-compile-cache') },
    })
    await once(child, 'message')
    return child
  }

  return {
    source,
    target,
    kill,
    async promote(task) {
      worker ??= await start()
      const child = worker
      const answered = new AbortController()
      try {
        const outcome = Promise.race([
          once(child, 'message', { signal: answered.signal }).then(([answer]) => answer as WorkerAnswer),
          once(child, 'exit', { signal: answered.signal }).then(() => 'killed' as const),
        ])
        child.send(task)
        const answer = await outcome
        if (answer === 'killed') worker = undefined
        return answer
      } finally {
        answered.abort()
      }
    },
    async [Symbol.asyncDispose]() {
      if (worker && worker.exitCode === null && worker.signalCode === null) {
        const ended = once(worker, 'exit')
        kill()
        await ended
      }
      await source[Symbol.asyncDispose]()
      await target[Symbol.asyncDispose]()
    },
  }
}
