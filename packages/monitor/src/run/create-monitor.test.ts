import { createImageIndex, createImage, pushImage, registryProfiles } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { fallbackTag } from '@sallyport/oci'
import { actors, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const hour = 3_600_000
const kinds = async () => (await test.monitor.alerts()).map(({ kind }) => kind)
const outcomes = () =>
  test.judgements.map((each) => (each.outcome === 'alert' ? each.alert.kind : each.explanation.kind))

describe('a push by the gate', () => {
  it('is explained by its promotion, with its evidence, at once', async () => {
    const image = await test.promote('a')
    const { digest } = image.raw.descriptor
    const [{ digest: referrer } = { digest }] = await test.repository.listReferrers(digest)
    await test.monitor.ingest([
      test.event({ digest, tag: '1' }),
      test.event({ digest }),
      test.event({ digest: referrer }),
      test.event({ digest, tag: '1', actor: actors.unknown, source: 'access-log' }),
    ])
    await test.monitor.step()
    expect(outcomes().sort()).toEqual(['part-of', 'promotion', 'promotion', 'promotion'])
    expect(await kinds()).toEqual([])
  })

  it('is waited for when evidence and journal come a moment later', async () => {
    const image = await test.push('a', '1')
    const { digest } = image.raw.descriptor
    await test.monitor.ingest([test.event({ digest, tag: '1' })])
    expect(await test.monitor.step()).toMatchObject({ judged: 0 })
    test.advance(20_000)
    await test.decide(image)
    await test.note(digest)
    await test.settle()
    expect(outcomes()).toEqual(['promotion'])
  })

  it('explains children of an index that are pushed before it', async () => {
    const index = createImageIndex({
      'linux/amd64': createImage(),
      'linux/arm64': createImage({ platform: 'linux/arm64' }),
    })
    await pushImage(test.repository, index)
    await test.monitor.ingest(index.children.map(({ descriptor: { digest } }) => test.event({ digest })))
    await test.monitor.step()
    await pushImage(test.repository, index, '1')
    await test.decide(index)
    await test.note(index.raw.descriptor.digest)
    await test.monitor.ingest([test.event({ digest: index.raw.descriptor.digest, tag: '1' })])
    await test.settle()
    expect(outcomes().sort()).toEqual(['part-of', 'part-of', 'promotion'])
  })

  it.each([
    ['the same delivery again', {}],
    ['the same bytes again', { id: 'another' }],
  ])('is no alarm with %s a day later', async (_title, more) => {
    const { digest } = (await test.promote('a')).raw.descriptor
    const event = test.event({ digest, tag: '1' })
    await test.monitor.ingest([event])
    await test.settle()
    test.advance(24 * hour)
    await test.monitor.ingest([{ ...event, ...more, time: test.now().toISOString() }])
    await test.settle()
    expect(await kinds()).toEqual([])
  })
})

describe('exactly one right alert', () => {
  it('for an image that nothing explains, seen by events, by the log and by comparing', async () => {
    await test.monitor.poll()
    const { digest } = (await test.push('bad', '1')).raw.descriptor
    await test.monitor.ingest([
      test.event({ digest, tag: '1', actor: actors.alice }),
      test.event({ tag: '1', actor: actors.unknown, source: 'access-log' }),
    ])
    await test.monitor.poll()
    await test.settle()
    const alerts = await test.monitor.alerts()
    expect(alerts).toMatchObject([
      {
        kind: 'unauthorised-push',
        severity: 'critical',
        tag: '1',
        digest,
        actor: actors.alice,
        occurrences: 3,
      },
    ])
    await test.monitor.outbox.step()
    await test.monitor.outbox.step()
    expect(test.delivered).toMatchObject([{ id: alerts[0]!.id, kind: 'unauthorised-push' }])
  })

  it('for an index of another hand with its children', async () => {
    const index = createImageIndex({
      'linux/amd64': createImage(),
      'linux/arm64': createImage({ platform: 'linux/arm64' }),
    })
    await pushImage(test.repository, index, '1')
    await test.monitor.ingest([
      ...index.children.map(({ descriptor: { digest } }) => test.event({ digest, actor: actors.alice })),
      test.event({ digest: index.raw.descriptor.digest, tag: '1', actor: actors.alice }),
    ])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'unauthorised-push', tag: '1', occurrences: 3 },
    ])
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

  it.each([
    ['by somebody else', actors.alice],
    ['by nobody who signed in', actors.anonymous],
  ])('for the right bytes pushed %s', async (_title, actor) => {
    const { digest } = (await test.promote('a')).raw.descriptor
    test.advance(hour)
    await test.monitor.ingest([test.event({ digest, tag: '1', actor })])
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['wrong-hand'])
  })

  it.each([
    ['told by an event', true],
    ['that nobody told of', false],
  ])('for a tag that is moved back, %s', async (_title, isTold) => {
    const old = await test.promote('old')
    test.advance(hour)
    await test.promote('new')
    await test.monitor.poll()
    test.advance(hour)
    await test.repository.putManifest(old.raw, { tag: '1' })
    const { digest } = old.raw.descriptor
    if (isTold) await test.monitor.ingest([test.event({ digest, tag: '1', actor: actors.alice })])
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual(['rollback'])
  })

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

  it('and none for a rollback by the gate', async () => {
    const old = await test.promote('old')
    test.advance(hour)
    await test.promote('new')
    test.advance(hour)
    await test.repository.putManifest(old.raw, { tag: '1' })
    await test.note(old.raw.descriptor.digest)
    await test.monitor.ingest([test.event({ digest: old.raw.descriptor.digest, tag: '1' })])
    await test.settle()
    expect(await kinds()).toEqual([])
  })

  it('for what was pushed and put back before anybody looked', async () => {
    const good = await test.promote('good')
    await test.monitor.poll()
    test.advance(hour)
    const { digest } = (await test.push('bad', '1')).raw.descriptor
    await test.monitor.ingest([test.event({ digest, tag: '1', actor: actors.unknown })])
    await test.repository.putManifest(good.raw, { tag: '1' })
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', digest }])
  })

  it('for evidence that is deleted, whoever tells', async () => {
    const { digest } = (await test.promote('a')).raw.descriptor
    const [referrer] = await test.repository.listReferrers(digest)
    await test.monitor.poll()
    await test.settle()
    await test.repository.deleteManifest(referrer!.digest)
    await test.monitor.ingest([
      test.event({ action: 'manifest-deleted', digest: referrer!.digest, actor: actors.alice }),
    ])
    await test.monitor.poll()
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'evidence-deleted', severity: 'high', digest },
    ])
  })

  it('for evidence that is deleted where clients write the list of it, told by nobody', async () => {
    await using old = await openMonitorTest({ quirks: registryProfiles['distribution-2.8'] })
    const { digest } = (await old.promote('a')).raw.descriptor
    const [referrer] = await old.repository.listReferrers(digest)
    await old.monitor.poll()
    await old.settle()
    await old.repository.deleteManifest(referrer!.digest)
    await old.monitor.poll()
    await old.settle()
    expect(await old.monitor.alerts()).toMatchObject([{ kind: 'evidence-deleted', severity: 'high', digest }])
  })

  it('for a manifest that is deleted, which is told as the manifest and each of its tags', async () => {
    const { digest } = (await test.promote('a')).raw.descriptor
    await test.monitor.ingest([test.event({ digest, tag: '1' })])
    await test.settle()
    await test.repository.deleteManifest(digest)
    await test.monitor.ingest([
      test.event({ action: 'manifest-deleted', digest }),
      test.event({ action: 'tag-deleted', tag: '1' }),
    ])
    await test.monitor.poll()
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'manifest-deleted', digest }])
  })

  it('for a push while the monitor was down, and one that says that it was', async () => {
    await test.promote('a')
    await test.monitor.poll()
    await test.settle()
    test.advance(hour)
    await test.push('bad', '1')
    const again = test.open()
    await again.step()
    await again.poll()
    test.advance(60_000)
    await again.step()
    expect((await again.alerts()).map(({ kind }) => kind).sort()).toEqual(['gap', 'unauthorised-push'])
  })

  it('and another one when it is done again after the gate has put it right', async () => {
    const good = await test.promote('good')
    const bad = await test.push('bad', '1')
    const event = { digest: bad.raw.descriptor.digest, tag: '1', actor: actors.alice }
    await test.monitor.ingest([test.event(event)])
    await test.settle()
    await test.repository.putManifest(good.raw, { tag: '1' })
    await test.note(good.raw.descriptor.digest)
    test.advance(60_000)
    await test.repository.putManifest(bad.raw, { tag: '1' })
    await test.monitor.ingest([test.event(event)])
    await test.settle()
    expect(await kinds()).toEqual(['unauthorised-push', 'unauthorised-push'])
  })

  it('for a decision that was made for another repository', async () => {
    const image = await test.push('a', '1')
    await test.decide(image, '1', 'elsewhere.example/app')
    await test.monitor.ingest([test.event({ digest: image.raw.descriptor.digest, tag: '1' })])
    await test.settle()
    expect(await kinds()).toEqual(['unauthorised-push'])
  })

  it('for an image under a tag that looks like a list of referrers', async () => {
    const { digest } = (await test.promote('a')).raw.descriptor
    const tag = fallbackTag(digest)
    const evil = await test.push('evil', tag)
    await test.monitor.ingest([
      test.event({ digest: evil.raw.descriptor.digest, tag, actor: actors.unknown }),
    ])
    await test.settle()
    expect(await kinds()).toEqual(['unauthorised-push'])
  })

  it('for a tag that was retagged without a promotion', async () => {
    const image = await test.promote('a')
    test.advance(2 * hour)
    await test.repository.putManifest(image.raw, { tag: '2' })
    await test.monitor.poll()
    await test.monitor.ingest([test.event({ digest: image.raw.descriptor.digest, tag: '2' })])
    await test.settle()
    expect(await kinds()).toEqual(['unjournaled'])
  })
})

describe('a registry that can not be read', () => {
  it('is an alert after a while, and is over when it can be read again', async () => {
    const { digest } = (await test.promote('a')).raw.descriptor
    await test.monitor.ingest([test.event({ digest, tag: '1' })])
    test.registry.setRequestHook(() => ({ type: 'respond', status: 503 }))
    for (let turns = 0; turns < 20; turns++) await test.settle()
    expect(await test.monitor.alerts({ open: true })).toMatchObject([{ kind: 'unjudged' }])
    test.registry.setRequestHook(undefined)
    const raised = await test.settle()
    expect(raised).toMatchObject([{ kind: 'unjudged', resolves: expect.any(String) }])
    expect(outcomes()).toEqual(['promotion'])
  })
})

describe('what is not watched', () => {
  it('is explained as that, whatever it is called', async () => {
    await test.monitor.ingest([test.event({ repository: 'dev/\0app', tag: '1' })])
    await test.monitor.step()
    expect(outcomes()).toEqual(['not-watched'])
  })
})

describe('gaps', () => {
  it('tells of numbers that do not come, and not of those that come late', async () => {
    const { digest } = (await test.promote('a')).raw.descriptor
    const event = (sequence: number) => test.event({ digest, tag: '1', sequence })
    await test.monitor.ingest([event(1), event(3), event(2), event(7)])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'gap', severity: 'low', odd: ['3 events of distribution did not come'] },
    ])
  })
})
