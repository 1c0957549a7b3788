import { createPushTrigger, type Gate, type PushEvent } from '@sallyport/gate'

/** Scans, hardens and promotes whatever is pushed below `build/`. */
export async function promoteAtPush(gate: Gate, production: string, events: AsyncIterable<PushEvent>) {
  const route = ({ repository, tag }: PushEvent) =>
    tag && repository.startsWith('build/')
      ? { to: `${production}/${repository.slice('build/'.length)}:${tag}`, tier: 'prod' }
      : undefined
  const trigger = createPushTrigger({ gate, route })
  for await (const event of events) void trigger.onPush(event)
  await trigger.drain()
}
