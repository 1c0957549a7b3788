import type { Monitor } from '@sallyport/monitor'
import { fetchedByCaller, harborAuditLog, harborWebhook, tokenInHeader } from '@sallyport/monitor/sources'

/** What Harbor sends, for `formats` of the receiver. */
export const harborFormats = (registry: string, secret: string) => ({
  '/hooks/harbor': harborWebhook({ registry, sender: tokenInHeader('authorization', secret) }),
})

/** Takes in a page of `/api/v2.0/auditlog-exts`, which tells of retags; rows that came before change nothing. */
export async function readAuditPage(monitor: Monitor, registry: string, page: Uint8Array): Promise<number> {
  const format = harborAuditLog({ registry, sender: fetchedByCaller() })
  const delivery = { headers: { 'content-type': 'application/json' }, body: page }
  const { events, refused } = await format.read(delivery, { receivedAt: new Date() })
  for (const { position, message } of refused) console.warn(`row ${position}: ${message}`)
  await monitor.ingest(events)
  return events.length
}
