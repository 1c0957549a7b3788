import { describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
import { actors, digestOfImage, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

const hour = 3_600_000
const unnamed = { source: 'distribution-log', actor: actors.unknown, tag: '1' }

/** What tells of the push of what is there now, beside a line of the log about a push long before it. */
const tellers = ['notification', 'look', 'line'] as const
type Teller = (typeof tellers)[number]
const orders = tellers.flatMap((first) => {
  const [second, third] = tellers.filter((each) => each !== first) as [Teller, Teller]
  return [[first], [first, second], [first, third], [first, second, third], [first, third, second]]
})

// What such a line tells of was pushed before or is there now; when that was put there is not known.
describe('a line of a log, which names no digest', () => {
  for (const order of orders)
    for (const [together, isPromotedBetween] of [
      [true, false],
      [true, true],
      [false, false],
      [false, true],
    ])
      it(`leads to one alert: ${order.join(', ')}${together ? ' at once' : ''}${isPromotedBetween ? ', after a promotion' : ''}`, async () => {
        await using test = await openMonitorTest()
        const { repository, monitor } = test
        const good = await test.promote('good')
        await monitor.ingest([test.event({ tag: '1', digest: digestOfImage(good) })])
        await test.settle()
        test.advance(hour)
        await repository.putManifest(good.raw, { tag: '1' })
        const line = test.event(unnamed)
        test.advance(hour / 2)
        if (isPromotedBetween) await test.promote('better')
        test.advance(5 * hour)
        const bad = digestOfImage(await test.push('bad', '1'))
        const news: Record<Teller, RegistryEvent> = {
          notification: test.event({ tag: '1', digest: bad, actor: actors.alice }),
          look: test.event({
            source: 'snapshot',
            actor: actors.unknown,
            tag: '1',
            digest: bad,
            since: new Date(test.now().getTime() - 4 * hour).toISOString(),
          }),
          line,
        }
        const told = order.map((each) => news[each])
        const alerts: MonitorTest['delivered'] = []
        test.advance(10_000)
        if (together) await monitor.ingest(told)
        else
          for (const each of told) {
            await monitor.ingest([each])
            alerts.push(...(await test.settle()))
          }
        alerts.push(...(await test.settle()))
        const all = await test.state.alerts()
        expect(all).toMatchObject([{ kind: 'unauthorised-push', tag: '1', digest: bad }])
        expect(all[0]!.events.map(({ source }) => source)).toContain(told[0]!.source)
        expect(new Set(alerts.map(({ id }) => id))).toEqual(new Set([all[0]!.id]))
      })

  it.each([1, 11, 300])('alarms nobody about what was promoted %i minutes after it', async (minutes) => {
    await using test = await openMonitorTest()
    const line = test.event(unnamed)
    test.advance(minutes * 60_000)
    const digest = digestOfImage(await test.promote('good'))
    await test.monitor.ingest([line])
    expect(await test.settle()).toEqual([])
    expect(test.judgements).toMatchObject([{ explanation: { kind: 'promotion', digest } }])
  })

  it('tells of somebody who pushed before the gate did, and not of what the gate pushed', async () => {
    await using test = await openMonitorTest()
    const line = test.event({ ...unnamed, actor: actors.alice })
    test.advance(hour)
    await test.promote('good')
    await test.monitor.ingest([line])
    expect(await test.settle()).toMatchObject([{ kind: 'unjudged', tag: '1', actor: actors.alice }])
    expect((await test.state.alerts())[0]).not.toHaveProperty('digest')
  })

  it('tells of a promoted image that was put there again after the next promotion', async () => {
    await using test = await openMonitorTest()
    const old = await test.promote('old')
    test.advance(hour)
    await test.promote('new')
    test.advance(hour)
    const line = test.event(unnamed)
    await test.repository.putManifest(old.raw, { tag: '1' })
    test.advance(3 * hour)
    await test.monitor.ingest([line])
    expect(await test.settle()).toMatchObject([{ kind: 'rollback', digest: digestOfImage(old) }])
  })
})
