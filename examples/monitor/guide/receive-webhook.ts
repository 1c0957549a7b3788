import type { Alert } from '@sallyport/monitor'
import { type CloudEvent, verifyWebhook } from '@sallyport/monitor/sinks'

const seen = new Set<string>()

/** The alert of a webhook; nothing when it came before. Throws when nobody who has the secret sent it. */
export async function receiveAlert(request: Request, secrets: readonly string[]): Promise<Alert | undefined> {
  const body = await request.text()
  const headers = Object.fromEntries(request.headers)
  if (!verifyWebhook({ headers, body, secrets, now: new Date() }))
    throw new Error('not signed by the monitor')
  const { id, data } = JSON.parse(body) as CloudEvent
  if (seen.has(id)) return undefined
  seen.add(id)
  return data
}
