import type { AuditArchive } from '@sallyport/audit'
import { type AuditTrend, compareAudits, renderTrendText } from '@sallyport/audit/report'

/** What changed between the last two audits that ended; `undefined` with fewer. */
export async function readTrend(archive: AuditArchive): Promise<AuditTrend | undefined> {
  const [after, before] = (await archive.audits()).filter(({ finishedAt }) => finishedAt !== undefined)
  if (before === undefined || after === undefined) return undefined
  const trend = await compareAudits(
    { summary: before, records: archive.records(before.id) },
    { summary: after, records: archive.records(after.id) },
  )
  console.log(renderTrendText(trend))
  return trend
}
