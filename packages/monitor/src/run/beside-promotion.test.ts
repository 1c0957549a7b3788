import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actors, digestOfImage, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

const minute = 60_000

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const at = (offsetMs: number): string => new Date(test.now().getTime() + offsetMs).toISOString()

describe('a push by somebody else at about the end of a promotion', () => {
  it.each([
    [1000, 'told first'],
    [1000, 'looked for first'],
    [-1000, 'told first'],
    [-1000, 'looked for first'],
  ])('is one alert, the clock of the registry %i ms slow, %s', async (slowMs, order) => {
    await test.promote('old')
    await test.monitor.poll()
    await test.settle()
    test.advance(5 * minute)
    await test.promote('good')
    const digest = digestOfImage(await test.push('bad', '1'))
    const event = test.event({ tag: '1', digest, actor: actors.alice, time: at(-slowMs) })
    test.advance(10_000)
    if (order === 'told first') {
      await test.monitor.ingest([event])
      await test.monitor.poll()
      await test.settle()
    } else {
      await test.monitor.poll()
      await test.settle()
      await test.monitor.ingest([event])
    }
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', digest }])
  })

  it('is one alert, told with a time before the promotion was seen, and looked for', async () => {
    const good = await test.promote('good')
    await test.monitor.ingest([test.event({ tag: '1', digest: digestOfImage(good) })])
    await test.monitor.step()
    const digest = digestOfImage(await test.push('bad', '1'))
    await test.monitor.ingest([test.event({ tag: '1', digest, actor: actors.alice, time: at(-500) })])
    test.advance(2000)
    await test.monitor.poll()
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', digest }])
  })

  it('is another alert than the same push before it, once the promotion was seen', async () => {
    const bad = await test.push('bad', '1')
    const digest = digestOfImage(bad)
    await test.monitor.ingest([test.event({ tag: '1', digest, actor: actors.alice })])
    await test.monitor.step()
    test.advance(10_000)
    const good = await test.promote('good')
    await test.monitor.ingest([test.event({ tag: '1', digest: digestOfImage(good) })])
    await test.monitor.step()
    test.advance(10_000)
    await test.repository.putManifest(bad.raw, { tag: '1' })
    await test.monitor.poll()
    await test.settle()
    expect((await test.monitor.alerts()).map(({ digest }) => digest)).toEqual([digest, digest])
  })

  it('is another alert than the same push before it, when both are told', async () => {
    const bad = await test.push('bad', '1')
    const event = { tag: '1', digest: digestOfImage(bad), actor: actors.alice }
    await test.monitor.ingest([test.event(event)])
    test.advance(10_000)
    await test.promote('good')
    test.advance(10_000)
    await test.repository.putManifest(bad.raw, { tag: '1' })
    await test.monitor.ingest([test.event(event)])
    await test.settle()
    expect(await test.monitor.alerts()).toHaveLength(2)
  })
})
