import { createPushTrigger, type Gate } from '@sallyport/gate'
import {
  bearerToken,
  createReceiver,
  distributionNotifications,
  type Receiver,
  toPushEvent,
} from '@sallyport/monitor/sources'

/** Promotes what is pushed below `build/` of one registry to another one. */
export function feedGate(
  gate: Gate,
  { build, production, token }: Readonly<Record<'build' | 'production' | 'token', string>>,
): Receiver {
  const trigger = createPushTrigger({
    gate,
    route: ({ repository, tag }) =>
      tag && repository.startsWith('build/')
        ? { to: `${production}/${repository.slice('build/'.length)}:${tag}`, tier: 'prod' }
        : undefined,
  })
  return createReceiver({
    formats: {
      '/hooks/build': distributionNotifications({ registry: build, sender: bearerToken(token) }),
    },
    async onEvents(events) {
      for (const event of events) {
        const push = toPushEvent(event)
        if (push) void trigger.onPush(push)
      }
    },
  })
}
