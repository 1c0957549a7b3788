// A process that promotes what it is told to, one after the other, until it is killed.
import { once } from 'node:events'
import process from 'node:process'
import { sqliteQuarantine, promote, sqliteJournal } from '@sallyport/gate'
import { createRegistryClient } from '@sallyport/oci'
import { type GateKeys, smallGate } from './small-gate.ts'

/** What the worker is told. */
export interface WorkerTask {
  readonly from: string
  readonly to: string
  readonly work: string
  readonly journal: string
  readonly keys: GateKeys
  /** `step-started <step>` or `step-finished <step>`, at which it kills itself. */
  readonly killAt?: string | undefined
}

/** What the worker answers. */
export interface WorkerAnswer {
  readonly verdict: string
  readonly digest?: string | undefined
  readonly changed?: boolean | undefined
  readonly error?: string | undefined
}

process.send!('ready')
for (;;) {
  const [task] = (await once(process, 'message')) as [WorkerTask]
  process.send!(await run(task))
}

async function run({ from, to, work, journal: path, keys, killAt }: WorkerTask): Promise<WorkerAnswer> {
  try {
    await using client = createRegistryClient({ retry: { attempts: 4, baseDelayMs: 10, maxDelayMs: 1000 } })
    await using journal = sqliteJournal(path)
    const outcome = await promote({
      ...smallGate(keys),
      from,
      to,
      journal,
      quarantine: sqliteQuarantine(':memory:'),
      repository: (reference) => client.repository(reference),
      workDirectory: work,
      settleMs: 60,
      onProgress: ({ type, step }) => {
        if (killAt === `${type} ${step}`) process.kill(process.pid, 'SIGKILL')
      },
    })
    const { verdict } = outcome
    if (verdict === 'pass') return { verdict, digest: outcome.digest, changed: outcome.changed }
    return {
      verdict,
      error: verdict === 'error' ? `${outcome.error.code} ${outcome.error.message}` : undefined,
    }
  } catch (error) {
    return { verdict: 'error', error: String(error) }
  }
}
