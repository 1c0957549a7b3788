// Audits a registry as a program of its own: prints a line for each repository, and at the end what it found and took.
//
//   audit-child.ts TASK   TASK: JSON { registry, key, state }
import { createHash } from 'node:crypto'
import process from 'node:process'
import { startAudit, type StartAuditOptions } from './start-audit.ts'

const task = JSON.parse(process.argv[2] ?? '') as StartAuditOptions
await using started = startAudit({
  ...task,
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
    peakMiB: process.resourceUsage().maxRSS / 1024,
  })}\n`,
)
