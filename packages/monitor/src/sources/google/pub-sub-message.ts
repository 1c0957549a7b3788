import { z } from 'zod'
import { invalid, parseJson } from '../read/read-json-body.ts'

const push = z.object({
  message: z.object({
    data: z.string().max(16 * 1024 * 1024),
    messageId: z.string().nullish(),
    message_id: z.string().nullish(),
    publishTime: z.unknown().optional(),
    publish_time: z.unknown().optional(),
  }),
})

/** A message that Pub/Sub pushed. */
export interface PubSubMessage {
  readonly data: unknown
  readonly id: string | undefined
  readonly time: unknown
}

/**
 * Unwraps what a push subscription of Pub/Sub sends.
 *
 * @throws {MonitorError} `DELIVERY_INVALID`.
 */
export function unwrapPubSub(body: unknown): PubSubMessage {
  const parsed = push.safeParse(body)
  if (!parsed.success) throw invalid('expected a message of a push subscription')
  const { data, messageId, message_id, publishTime, publish_time } = parsed.data.message
  return {
    data: parseJson(Buffer.from(data, 'base64')),
    id: messageId ?? message_id ?? undefined,
    time: publishTime ?? publish_time,
  }
}
