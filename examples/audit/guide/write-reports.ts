import { createWriteStream } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { pipeline } from 'node:stream/promises'
import type { AuditArchive } from '@sallyport/audit'
import {
  renderAuditCsv,
  renderAuditHtml,
  renderAuditJson,
  renderAuditMarkdown,
  renderAuditSarif,
} from '@sallyport/audit/report'

/** Writes an audit in every form. */
export async function writeReports(archive: AuditArchive, id: string): Promise<void> {
  const [audits, summary] = [await archive.audits(), await archive.find(id)]
  if (summary === undefined) throw new Error(`no audit ${id}`)
  const records = () => archive.records(id)
  const earlier = audits.filter(({ startedAt }) => startedAt < summary.startedAt)
  await pipeline(renderAuditHtml(summary, records(), { earlier }), createWriteStream('audit.html'))
  await pipeline(renderAuditJson(summary, records()), createWriteStream('audit.json'))
  await pipeline(renderAuditCsv(records()), createWriteStream('audit.csv'))
  await writeFile('audit.sarif', await renderAuditSarif(summary, records()))
  await writeFile('audit.md', await renderAuditMarkdown(summary, records()))
}
