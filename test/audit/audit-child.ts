// Audits a registry as a program of its own: prints a line for each repository, and at the end what it found and took.
//
//   audit-child.ts TASK   TASK: JSON { registry, key, state, named }; `named`: how many repositories to name, where the
//                         registry has no catalog
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import process from 'node:process'
import { repositoryAt } from './repository-at.ts'
import { startAudit, type StartAuditOptions } from './start-audit.ts'

const { named, ...task } = JSON.parse(process.argv[2] ?? '') as StartAuditOptions & {
  readonly named?: number
}
await using started = startAudit({
  ...task,
  repositories:
    named === undefined ? undefined : Array.from({ length: named }, (_, position) => repositoryAt(position)),
  onAudited: (repositories) => process.stdout.write(`${repositories}\n`),
})
const summary = await started.audit.run()
const records = createHash('sha256')
for await (const record of started.audit.archive.records(summary.id))
  records.update(`${JSON.stringify(record)}\n`)
process.stdout.write(
  `${JSON.stringify({
    summary,
    records: records.digest('hex'),
    sent: Object.fromEntries(started.sent),
    peakMiB: await peakMiB(),
  })}\n`,
)

/** `maxRSS` of getrusage begins with what the process that started this one took (Linux keeps it across exec). */
async function peakMiB(): Promise<number> {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(await readFile('/proc/self/status', 'utf8')) ?? []
  if (kilobytes === undefined) throw new Error('/proc/self/status does not say what this process took')
  return Number(kilobytes) / 1024
}
