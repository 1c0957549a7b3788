import type { Journal } from '@sallyport/gate'
import { renderReleaseRecordMarkdown } from '@sallyport/gate/report'

/** What went to a destination, the latest first, as an auditor reads it. */
export async function readRecords(journal: Journal, destination: string): Promise<readonly string[]> {
  const { items } = await journal.listRecords({ destination, limit: 20 })
  return items.map(renderReleaseRecordMarkdown)
}
