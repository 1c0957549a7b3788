import type { Gate, PushEvent } from '@sallyport/gate'
import { createPushTrigger } from '@sallyport/gate'

declare const gate: Gate
declare const events: AsyncIterable<PushEvent>

const trigger = createPushTrigger({
  gate,
  route: ({ repository, tag }) =>
    tag && repository.startsWith('build/')
      ? { to: `prod.example/${repository.slice('build/'.length)}:${tag}`, tier: 'prod' }
      : undefined,
})
for await (const event of events) void trigger.onPush(event)
await trigger.drain()
