import { createWriteStream } from 'node:fs'
import { argv, stdout } from 'node:process'
import { pipeline } from 'node:stream/promises'
import { renderAuditHtml, renderAuditText } from '@sallyport/audit/report'
import { openAudit } from './open-audit.ts'

const [registry = ''] = argv.slice(2)
await using resources = new AsyncDisposableStack()
const audit = await openAudit(registry, resources, {
  onProgress(progress) {
    if (progress.type === 'repository-failed') console.error(`${progress.repository}: ${progress.message}`)
  },
})
const summary = await audit.run()
const records = () => audit.archive.records(summary.id)
console.log(await renderAuditText(summary, records(), { color: stdout.isTTY, width: stdout.columns }))
await pipeline(renderAuditHtml(summary, records()), createWriteStream('audit.html'))
const { compliant = 0, ...flagged } = summary.classes
console.log(`${compliant} compliant`)
process.exitCode = Object.keys(flagged).length > 0 || summary.repositories.failed > 0 ? 1 : 0
