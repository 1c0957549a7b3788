import { type Digest, digestOf } from '@sallyport/core'
import { createImage, createImageIndex, pushImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actors, digestOfImage, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const hour = 3_600_000

describe('an index', () => {
  const index = () =>
    createImageIndex({
      'linux/amd64': createImage(),
      'linux/arm64': createImage({ platform: 'linux/arm64' }),
    })

  it('with another child is another push', async () => {
    const good = index()
    await pushImage(test.repository, good, '1')
    await test.decide(good)
    await test.note(digestOfImage(good))
    await test.monitor.ingest([test.event({ digest: digestOfImage(good), tag: '1' })])
    await test.settle()
    test.advance(hour)
    const evil = createImageIndex({
      'linux/amd64': createImage({ layers: [{ files: { '/evil': 'x' } }] }),
      'linux/arm64': createImage({ platform: 'linux/arm64' }),
    })
    await pushImage(test.repository, evil, '1')
    await test.monitor.ingest([
      ...evil.children.map(({ descriptor: { digest } }) => test.event({ digest })),
      test.event({ digest: digestOfImage(evil), tag: '1' }),
    ])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'unauthorised-push', severity: 'critical', digest: digestOfImage(evil) },
    ])
  })

  it('lends its children no tags', async () => {
    const good = index()
    await pushImage(test.repository, good, '1')
    await test.decide(good)
    await test.note(digestOfImage(good))
    const [child] = good.children
    await test.repository.putManifest(child!, { tag: 'latest' })
    await test.monitor.ingest([test.event({ digest: child!.descriptor.digest, tag: 'latest' })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', tag: 'latest' }])
  })
})

describe('an event that lies', () => {
  it('about replication ends no alert', async () => {
    const image = await test.push('copied', '1')
    await test.decide(image, 'elsewhere')
    const digest = digestOfImage(image)
    const push = { tag: '1', digest, actor: actors.unknown }
    await test.monitor.ingest([test.event(push)])
    await test.settle()
    await test.monitor.ingest([test.event({ ...push, cause: 'replication' })])
    await test.settle()
    expect(await test.monitor.alerts({ open: true })).toMatchObject([{ kind: 'unjournaled' }])
  })

  it.each([
    ['about the digest', (good: Digest) => ({ digest: good })],
    ['about the repository', () => ({ repository: 'dev/app' })],
    ['about the registry', () => ({ registry: 'registry.example' })],
    ['about the tag', (good: Digest) => ({ digest: good, tag: '2' })],
    ['about the time', (good: Digest) => ({ digest: good, time: '2020-01-01T00:00:00.000Z' })],
    [
      'about the address',
      (good: Digest) => ({ digest: good, actor: { ...actors.gate, address: '10.0.0.1' } }),
    ],
  ])('%s clears nothing', async (_title, lie) => {
    const good = digestOfImage(await test.promote('good'))
    await test.monitor.ingest([test.event({ digest: good, tag: '1' })])
    await test.settle()
    await test.monitor.poll()
    test.advance(hour)
    const bad = digestOfImage(await test.push('bad', '1'))
    await test.monitor.ingest([test.event({ digest: bad, tag: '1', ...lie(good) })])
    await test.monitor.poll()
    await test.settle()
    const alerts = await test.monitor.alerts()
    expect(alerts.filter(({ digest }) => digest === bad)).toMatchObject([
      { kind: 'unauthorised-push', tag: '1' },
    ])
  })
})

describe('a push by digest with an identity of the gate', () => {
  it.each([
    ['is as bad as any while promotions go well', true, 'critical'],
    ['may be what a promotion left behind that failed', false, 'medium'],
  ] as const)('%s', async (_title, isGood, severity) => {
    if (isGood) await test.promote('good')
    else {
      const key = digestOf('failed')
      await test.journal.begin({
        key,
        source: 'build.example/app:1',
        sourceDigest: digestOf('x'),
        destination: `${test.place}:1`,
        tier: 'prod',
        policyDigest: digestOf('policy'),
        startedAt: test.now().toISOString(),
      })
      await test.journal.finish(key, { finishedAt: test.now().toISOString(), verdict: 'error' })
    }
    await test.monitor.ingest([test.event({ digest: digestOfImage(await test.push('evil')) })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', severity }])
  })
})

describe('alerts', () => {
  it('stay small and one, however often a push is repeated', { timeout: 60_000 }, async () => {
    const digest = digestOfImage(await test.push('bad', '1'))
    const events = Array.from({ length: 10_000 }, (_, index) =>
      test.event({
        digest,
        tag: '1',
        actor: { kind: 'user', name: `alice ${index}` },
        time: new Date(test.now().getTime() + index).toISOString(),
      }),
    )
    await test.monitor.ingest(events)
    await test.settle()
    const alerts = await test.monitor.alerts()
    expect(alerts).toMatchObject([{ kind: 'unauthorised-push', occurrences: 10_000 }])
    expect(alerts[0]!.events).toHaveLength(20)
    expect(JSON.stringify(alerts).length).toBeLessThan(20_000)
  })

  it('hold no control characters and no long names of those who push', async () => {
    const digest = digestOfImage(await test.push('bad', '1'))
    const name = `\u001b[2J\r\nmallory${'x'.repeat(100_000)}`
    await test.monitor.ingest([
      test.event({ digest, tag: '1', actor: { kind: 'user', name, userAgent: name, address: name } }),
    ])
    await test.settle()
    const [alert] = await test.monitor.alerts()
    expect(alert!.odd.join('')).toContain('mallory')
    expect(JSON.stringify(alert)).not.toMatch(/\\u001b|\\r|\\n/)
    expect(JSON.stringify(alert).length).toBeLessThan(20_000)
  })
})
