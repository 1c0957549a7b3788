import { writeFile } from 'node:fs/promises'
import type { QuarantineStore } from '@sallyport/gate'
import { renderQuarantineHtml, renderQuarantineListHtml } from '@sallyport/gate/report'

/** Writes a page of what waits for a person, and one for each image. */
export async function listQuarantine(quarantine: QuarantineStore): Promise<readonly string[]> {
  const { items, next } = await quarantine.list({ state: 'open', limit: 100 })
  await writeFile('quarantine.html', renderQuarantineListHtml(items, { more: next !== undefined }))
  for (const { id } of items) {
    const entry = await quarantine.get(id)
    if (entry) await writeFile(`${id}.html`, renderQuarantineHtml(entry))
  }
  return items.map(({ id, destination, worst, reason }) => `${id} ${destination} ${worst}: ${reason}`)
}
