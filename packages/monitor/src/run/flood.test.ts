import { expect, it } from 'vitest'
import { actors, digestOfImage, openMonitorTest } from './monitor-test.fixture.ts'

it('no number of names that nobody watches takes a turn each', async () => {
  await using test = await openMonitorTest()
  const due = { now: test.now(), limit: 1000 }
  const digest = digestOfImage(await test.push('bad', '1'))
  await test.monitor.ingest(
    Array.from({ length: 500 }, (_, number) => test.event({ registry: `${number}.example`, tag: '1' })),
  )
  await test.monitor.ingest([test.event({ tag: '1', digest, actor: actors.alice })])
  const [first] = await test.state.due(due)
  expect(await test.state.due({ ...due, except: new Set([first!.queue]) })).toMatchObject([
    { event: { registry: test.registry.host } },
  ])
  await test.monitor.step()
  expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', digest }])
  expect(await test.monitor.status()).toMatchObject({ waiting: 0, explained: 500 })
})
