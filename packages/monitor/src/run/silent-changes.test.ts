import { createImage, createImageIndex, pushImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actors, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const hour = 3_600_000
const kinds = async () => (await test.monitor.alerts()).map(({ kind }) => kind)

describe('one alert for what is told in part, or by nobody:', () => {
  it.each([
    ['told by an event', actors.alice],
    ['told without a name', actors.unknown],
    ['that nobody told of', undefined],
  ])('for a tag that is moved back at once, %s', async (_title, actor) => {
    const old = await test.promote('old')
    test.advance(60_000)
    await test.promote('new')
    await test.monitor.poll()
    test.advance(60_000)
    await test.repository.putManifest(old.raw, { tag: '1' })
    const { digest } = old.raw.descriptor
    if (actor) await test.monitor.ingest([test.event({ digest, tag: '1', actor })])
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['rollback'])
  })

  it('for another hand that is told of when what it pushed is gone again', async () => {
    const { raw } = await test.promote('a')
    const { digest } = raw.descriptor
    await test.monitor.poll()
    await test.settle()
    test.advance(hour)
    await test.repository.putManifest(raw, { tag: 'copy' })
    const event = test.event({ digest, tag: 'copy', actor: actors.alice })
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['unjournaled'])
    test.advance(60_000)
    await test.repository.deleteManifest(digest)
    await test.monitor.ingest([event])
    await test.settle()
    expect(await kinds()).toContain('wrong-hand')
    expect(await kinds()).not.toContain('unauthorised-push')
  })

  it('for a tag that is moved back before anybody looked, when the promotion is told of', async () => {
    const old = await test.promote('old')
    await test.monitor.poll()
    await test.settle()
    test.advance(hour)
    const { digest } = (await test.promote('new')).raw.descriptor
    const event = test.event({ digest, tag: '1' })
    test.advance(60_000)
    await test.repository.putManifest(old.raw, { tag: '1' })
    await test.monitor.ingest([event])
    await test.settle()
    expect(await kinds()).toEqual(['rollback'])
  })

  it('and none when the next promotion is over before its tag was read', async () => {
    const old = await test.promote('old')
    await test.monitor.ingest([test.event({ digest: old.raw.descriptor.digest, tag: '1' })])
    test.advance(60_000)
    await test.promote('new')
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual([])
  })

  it('for an index of another hand of which only the children are told', async () => {
    await test.promote('a')
    await test.monitor.poll()
    await test.settle()
    const index = createImageIndex({
      'linux/amd64': createImage(),
      'linux/arm64': createImage({ platform: 'linux/arm64' }),
    })
    await pushImage(test.repository, index, '1')
    await test.monitor.ingest(
      index.children.map(({ descriptor: { digest } }) => test.event({ digest, actor: actors.alice })),
    )
    await test.monitor.step()
    test.advance(30_000)
    await test.monitor.poll()
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'unauthorised-push', tag: '1', actor: actors.alice, occurrences: 3 },
    ])
  })
})
