// A promotion in a process of its own that kills itself where it is told to:
//   node promote-child.ts '{"from", "to", "work", "keys", "now", "killAt": "step-started push"}'
import { join } from 'node:path'
import process from 'node:process'
import { promote, sqliteJournal, sqliteQuarantine } from '@sallyport/gate'
import { createGate } from './gate.ts'

/** What the child is told. */
export interface ChildTask {
  readonly from: string
  readonly to: string
  readonly work: string
  readonly keys: Parameters<typeof createGate>[0]
  readonly now: string
  /** `step-started <step>` or `step-finished <step>`; absent: run to the end. */
  readonly killAt?: string | undefined
  readonly platforms?: readonly string[] | undefined
}

const { from, to, work, keys, now, killAt, platforms } = JSON.parse(process.argv[2]!) as ChildTask
await using journal = sqliteJournal(join(work, 'journal.db'))
const outcome = await promote({
  ...(await createGate(keys)),
  from,
  to,
  platforms,
  journal,
  quarantine: sqliteQuarantine(join(work, 'quarantine.db')),
  workDirectory: work,
  clock: { now: () => new Date(now) },
  onProgress: ({ type, step }) => {
    if (killAt === `${type} ${step}`) process.kill(process.pid, 'SIGKILL')
  },
})
process.stdout.write(
  JSON.stringify(
    outcome.verdict === 'pass'
      ? { verdict: outcome.verdict, digest: outcome.digest, changed: outcome.changed }
      : { verdict: outcome.verdict, error: outcome.verdict === 'error' ? outcome.error.message : undefined },
  ),
)
