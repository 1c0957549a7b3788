import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import process from 'node:process'
import { setTimeout as delay } from 'node:timers/promises'
import type { SeededRandom } from '@sallyport/test-chaos'
import type { Site } from './promotions.ts'

/** Worker processes, each of which is replaced when it dies. */
export interface WorkerPool extends AsyncDisposable {
  /** How many were killed so far. */
  readonly kills: number
  /** Resolves when all are at work. */
  ready(): Promise<void>
  /** `kill -9` of one of them; a new one takes its place after a moment. */
  killOne(random: SeededRandom): Promise<void>
}

/** Starts so many workers. */
export function startWorkers(count: number, site: Site): WorkerPool {
  const children: ChildProcess[] = []
  const starting: Promise<unknown>[] = []
  let kills = 0
  let closed = false

  const start = (slot: number): void => {
    const child = fork(join(import.meta.dirname, 'worker.ts'), [JSON.stringify(site)], {
      execArgv: ['--conditions=@sallyport/source', '--disable-warning=ExperimentalWarning'],
      env: { ...process.env, NODE_COMPILE_CACHE: join(tmpdir(), 'sallyport-compile-cache') },
    })
    children[slot] = child
    starting[slot] = Promise.race([once(child, 'message'), endOf(child)])
    starting[slot].catch(() => undefined)
  }
  for (let slot = 0; slot < count; slot++) start(slot)

  return {
    get kills() {
      return kills
    },
    async ready() {
      await Promise.all(starting)
    },
    async killOne(random) {
      const slot = random.below(count)
      const child = children[slot]!
      if (child.exitCode !== null || child.signalCode !== null) throw new Error('a worker ended by itself')
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
      kills++
      await delay(random.below(500))
      if (!closed) start(slot)
    },
    async [Symbol.asyncDispose]() {
      closed = true
      await Promise.all(
        children.map(async (child) => {
          if (child.exitCode !== null || child.signalCode !== null) return
          const ended = once(child, 'exit')
          child.kill('SIGTERM')
          const patience = setTimeout(() => child.kill('SIGKILL'), 10_000)
          await ended
          clearTimeout(patience)
        }),
      )
    },
  }
}

/** Only who is killed may end. */
async function endOf(child: ChildProcess): Promise<void> {
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
  if (signal !== 'SIGKILL') throw new Error(`a worker ended by itself: ${String(code ?? signal)}`)
}
