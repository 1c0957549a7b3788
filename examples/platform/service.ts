// The service of the company's platform: a registry tells it of pushes, and what is pushed below build/ is promoted.
import { createPushTrigger, type Gate } from '@sallyport/gate'
import {
  bearerToken,
  createReceiver,
  distributionNotifications,
  toPushEvent,
} from '@sallyport/monitor/sources'
import Fastify, { type FastifyInstance } from 'fastify'

/** The service, not yet listening; closing it waits for promotions under way. */
export function createService(
  gate: Gate,
  { build, production, token }: Readonly<Record<'build' | 'production' | 'token', string>>,
): FastifyInstance {
  const trigger = createPushTrigger({
    gate,
    route: ({ repository, tag }) =>
      tag && repository.startsWith('build/')
        ? { to: `${production}/${repository.slice('build/'.length)}:${tag}`, tier: 'prod' }
        : undefined,
  })
  const receiver = createReceiver({
    formats: { '/hooks/build': distributionNotifications({ registry: build, sender: bearerToken(token) }) },
    async onEvents(events) {
      for (const event of events) {
        const push = toPushEvent(event)
        if (push) void trigger.onPush(push)
      }
    },
  })

  const app = Fastify({ forceCloseConnections: true })
  // The receiver limits and reads the body by itself.
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', (_request, _payload, done) => done(null))
  app.post('/hooks/build', (request, reply) => {
    reply.hijack()
    receiver.node(request.raw, reply.raw)
  })
  app.get('/promotions', async () => {
    const { items } = await gate.context.journal.listRecords({})
    return items.map(({ target }) => target)
  })
  app.addHook('onClose', () => trigger.drain())
  return app
}
