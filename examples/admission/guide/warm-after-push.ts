import type { WebhookServer } from '@sallyport/admission/webhook'
import type { PushEvent } from '@sallyport/gate'

/** Has what the gate promoted judged before the first Pod asks for it; how many images were taken. */
export function warmAfterPush(webhook: WebhookServer, event: PushEvent): number {
  return webhook.warm([event])
}
