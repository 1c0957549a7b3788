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

it('no number of names that a glob matches takes a turn each, nor keeps a registry that is named waiting', async () => {
  await using test = await openMonitorTest()
  const asked: string[] = []
  const monitor = test.open({
    watch: [{ ...test.terms, repositories: ['*/prod/*'] }],
    evidenceWaitMs: 0,
    open: (registry, repository) => {
      asked.push(registry)
      return test.client.repository({ registry: test.registry.host, repository })
    },
  })
  const names = Array.from({ length: 60 }, (_, number) => `${number}.example`)
  await monitor.ingest(names.map((registry) => test.event({ registry, tag: '1' })))
  const digest = digestOfImage(await test.push('bad', '1'))
  await monitor.ingest([test.event({ tag: '1', digest, actor: actors.alice })])
  const due = { now: test.now(), limit: 1000 }
  const [first] = await test.state.due(due)
  const [second] = await test.state.due({ ...due, except: new Set([first!.queue]) })
  expect([first, second].map((each) => each!.event.registry === test.registry.host).sort()).toEqual([
    false,
    true,
  ])
  expect(await test.state.due({ ...due, except: new Set([first!.queue, second!.queue]) })).toEqual([])
  await monitor.step()
  expect((await monitor.alerts({ limit: 1000 })).map(({ registry }) => registry)).toContain(
    test.registry.host,
  )
  expect(new Set(asked)).toEqual(new Set([...names, test.registry.host]))
  // What judging finds is judged with them as well.
  test.advance(1000)
  const left = await test.state.due({ ...due, now: test.now() })
  expect(new Set(left.map(({ queue }) => queue)).size).toBeLessThanOrEqual(1)
})

it('no number of names fills the list of sources', async () => {
  await using test = await openMonitorTest()
  const digest = digestOfImage(await test.push('bad', '1'))
  await test.monitor.ingest([test.event({ tag: '1', digest, actor: actors.alice })])
  const names = Array.from({ length: 1500 }, (_, number) => `${number}.example`)
  await test.monitor.ingest(names.map((registry) => test.event({ registry })))
  const { sources } = await test.monitor.status()
  expect(sources).toHaveLength(1000)
  expect(sources[0]).toMatchObject({ registry: test.registry.host })
})
