import { type GeneratedImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actors, digestOfImage, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const minute = 60_000
const hour = 60 * minute
const kinds = async () => (await test.monitor.alerts()).map(({ kind }) => kind).sort()

describe('a tag that is moved back with an identity of the gate', () => {
  /** Two promotions, then the older digest again. */
  async function moveBack(
    pauseMs: number,
  ): Promise<{ readonly old: GeneratedImage; readonly oldAt: string }> {
    const old = await test.promote('old')
    const oldAt = test.now().toISOString()
    test.advance(pauseMs)
    const newer = await test.promote('new')
    await test.monitor.ingest([test.event({ digest: digestOfImage(newer), tag: '1' })])
    await test.settle()
    await test.monitor.poll()
    test.advance(pauseMs)
    await test.repository.putManifest(old.raw, { tag: '1' })
    return { old, oldAt }
  }

  it.each([
    ['hours after the promotion', hour, actors.gate],
    ['minutes after the promotion', 2 * minute, actors.gate],
    ['minutes after it, by nobody known', 2 * minute, actors.unknown],
    ['minutes after it, by somebody else', 2 * minute, actors.alice],
  ] as const)('is a rollback, %s', async (_title, pauseMs, actor) => {
    const { old } = await moveBack(pauseMs)
    await test.monitor.ingest([test.event({ digest: digestOfImage(old), tag: '1', actor })])
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['rollback'])
  })

  it.each([
    ['an event of the first promotion that comes late', hour],
    ['the same minutes later', 2 * minute],
  ])('is not hidden by %s', async (_title, pauseMs) => {
    const { old, oldAt } = await moveBack(pauseMs)
    await test.monitor.ingest([test.event({ digest: digestOfImage(old), tag: '1', time: oldAt })])
    await test.settle()
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['rollback'])
  })

  it('is none when the event of the first promotion comes late and nobody has moved it', async () => {
    const old = await test.promote('old')
    const oldAt = test.now().toISOString()
    test.advance(2 * minute)
    const newer = await test.promote('new')
    await test.monitor.ingest([
      test.event({ digest: digestOfImage(newer), tag: '1' }),
      test.event({ digest: digestOfImage(old), tag: '1', time: oldAt }),
      test.event({ digest: digestOfImage(old), tag: '1' }),
    ])
    await test.settle()
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual([])
  })

  it('is told of, when only a decision of another gate is known of it', async () => {
    const old = await test.push('old')
    await test.decide(old)
    test.advance(10 * minute)
    await test.promote('new')
    test.advance(10 * minute)
    await test.repository.putManifest(old.raw, { tag: '1' })
    await test.monitor.ingest([test.event({ digest: digestOfImage(old), tag: '1' })])
    await test.settle()
    expect(await kinds()).toEqual(['unjournaled'])
  })

  it('is told of, when it goes back to what was noted before there was a gate', async () => {
    const first = await test.push('first', '1')
    await test.monitor.poll()
    test.advance(10 * minute)
    await test.promote('new')
    test.advance(10 * minute)
    await test.repository.putManifest(first.raw, { tag: '1' })
    await test.monitor.ingest([test.event({ digest: digestOfImage(first), tag: '1', actor: actors.unknown })])
    await test.settle()
    expect(await kinds()).toEqual(['unauthorised-push'])
  })
})

describe('what is pushed and put back', () => {
  it('is found each time by comparing alone', async () => {
    const good = await test.promote('good')
    await test.monitor.poll()
    await test.settle()
    const bad = await test.push('bad')
    for (let times = 0; times < 2; times++) {
      await test.repository.putManifest(bad.raw, { tag: '1' })
      await test.monitor.poll()
      await test.repository.putManifest(good.raw, { tag: '1' })
      await test.settle()
      await test.monitor.poll()
      await test.settle()
      test.advance(24 * hour)
    }
    expect(await kinds()).toEqual(['unauthorised-push', 'unauthorised-push'])
  })

  it('is found when the manifest is gone again before it is looked at', async () => {
    const good = await test.promote('good')
    await test.monitor.poll()
    test.advance(hour)
    const digest = digestOfImage(await test.push('bad', '1'))
    await test.repository.putManifest(good.raw, { tag: '1' })
    await test.repository.deleteManifest(digest)
    await test.monitor.ingest([test.event({ digest, tag: '1' })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', digest }])
  })

  it('is found when another hand puts it back and only that is told', async () => {
    const good = await test.promote('good')
    await test.monitor.poll()
    await test.settle()
    test.advance(hour)
    await test.push('bad', '1')
    await test.repository.putManifest(good.raw, { tag: '1' })
    await test.monitor.ingest([test.event({ digest: digestOfImage(good), tag: '1', actor: actors.alice })])
    await test.settle()
    expect(await kinds()).toEqual(['wrong-hand'])
  })

  it('is found when a tag is deleted and the registry had only failed before', async () => {
    const digest = digestOfImage(await test.promote('good'))
    await test.monitor.ingest([test.event({ digest, tag: '1' })])
    await test.settle()
    await test.monitor.poll()
    test.registry.setRequestHook((request) =>
      /manifests\/1$|tags\/list/.test(request.path) ? { type: 'respond', status: 404 } : undefined,
    )
    test.advance(5 * minute)
    await test.monitor.poll()
    test.registry.setRequestHook(undefined)
    await test.settle()
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual([])
    await test.repository.deleteManifest(digest)
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toHaveLength(1)
  })
})
