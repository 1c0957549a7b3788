import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { GeneratedImage } from '@sallyport/testkit'
import { actors, digestOfImage, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

const minute = 60_000
const hour = 60 * minute

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const kindsOf = (alerts: readonly { readonly kind: string }[]): readonly string[] =>
  alerts.map(({ kind }) => kind)

// What it was about was put right in between, by whatever, and that was seen.
describe('what is done again is told of again', () => {
  /** What the gate put there, and what is pushed in its place. */
  async function prepare(): Promise<{ readonly good: GeneratedImage; readonly bad: GeneratedImage }> {
    const good = await test.promote('good')
    await test.monitor.ingest([test.event({ tag: '1', digest: digestOfImage(good) })])
    await test.settle()
    test.advance(hour)
    return { good, bad: await test.push('bad') }
  }
  async function put(
    { raw }: GeneratedImage,
    actor: (typeof actors)[keyof typeof actors],
    news: 'told' | 'untold' = 'told',
  ): Promise<readonly string[]> {
    await test.repository.putManifest(raw, { tag: '1' })
    if (news === 'told')
      await test.monitor.ingest([test.event({ tag: '1', digest: raw.descriptor.digest, actor })])
    else await test.monitor.poll()
    return kindsOf(await test.settle())
  }

  it.each([
    ['told', 'told'],
    ['told', 'untold'],
    ['untold', 'told'],
    ['untold', 'untold'],
  ] as const)('a push, %s, after the tag was moved back, %s', async (push, back) => {
    const { good, bad } = await prepare()
    for (let times = 0; times < 3; times++) {
      expect(await put(bad, actors.alice, push)).toEqual(['unauthorised-push'])
      expect(await put(good, actors.gate, back)).toEqual([])
      test.advance(minute)
    }
  })

  it('a push, also when somebody else moved the tag back', async () => {
    const { good, bad } = await prepare()
    for (let times = 0; times < 2; times++) {
      expect(await put(bad, actors.alice)).toEqual(['unauthorised-push'])
      expect(await put(good, actors.alice)).toEqual(['wrong-hand'])
    }
  })

  it.each([
    ['ahead', 240_000],
    ['behind', -2000],
  ])('a push, with the clock of the registry %s', async (_title, aheadMs) => {
    const { good, bad } = await prepare()
    const push = async ({ raw }: GeneratedImage, actor: (typeof actors)[keyof typeof actors]) => {
      await test.repository.putManifest(raw, { tag: '1' })
      const time = new Date(test.now().getTime() + aheadMs).toISOString()
      await test.monitor.ingest([test.event({ tag: '1', digest: raw.descriptor.digest, actor, time })])
      const { raised } = await test.monitor.step()
      test.advance(10_000)
      return kindsOf(raised)
    }
    for (let times = 0; times < 3; times++) {
      expect(await push(bad, actors.alice)).toEqual(['unauthorised-push'])
      expect(await push(good, actors.gate)).toEqual([])
    }
  })

  it('a push, but not when the first one is told of late', async () => {
    const { good, bad } = await prepare()
    const late = test.event({ source: 'audit', tag: '1', digest: digestOfImage(bad), actor: actors.alice })
    await put(bad, actors.alice)
    await put(good, actors.gate)
    await test.monitor.ingest([late])
    expect(kindsOf(await test.settle())).toEqual([])
    expect(await test.monitor.alerts()).toHaveLength(1)
  })

  it('a push long after, whatever lines without a digest come late before it is told', async () => {
    const line = test.event({ source: 'log', tag: '1', actor: actors.unknown })
    test.advance(hour)
    const { good, bad } = await prepare()
    await put(bad, actors.alice)
    await put(good, actors.gate)
    test.advance(30 * hour)
    await test.repository.putManifest(bad.raw, { tag: '1' })
    await test.monitor.ingest([line])
    expect(kindsOf(await test.settle())).toEqual(['unauthorised-push'])
    expect(await put(bad, actors.alice)).toEqual([])
    expect(await test.monitor.alerts()).toHaveLength(2)
  })

  it('that a tag was deleted, which the gate had put there again', async () => {
    const { good } = await prepare()
    // So that the manifest stays.
    await test.repository.putManifest(good.raw, { tag: 'other' })
    await test.monitor.ingest([test.event({ tag: 'other', digest: digestOfImage(good) })])
    const before = kindsOf(await test.settle())
    for (let times = 0; times < 2; times++) {
      await test.repository.deleteTag('1')
      await test.monitor.ingest([test.event({ action: 'tag-deleted', tag: '1', actor: actors.alice })])
      expect(kindsOf(await test.settle())).toEqual(['tag-deleted'])
      expect(await put(good, actors.gate)).toEqual([])
    }
    expect(before).toEqual(['unjournaled'])
  })

  it.each([
    ['clocks that agree', 0],
    ['the clock of the registry slow', 90_000],
  ])('a loss of evidence soon after it was promoted again, with %s', async (_title, slowMs) => {
    const { good } = await prepare()
    const digest = digestOfImage(good)
    const time = () => new Date(test.now().getTime() - slowMs).toISOString()
    const lose = async (): Promise<readonly string[]> => {
      for (const { digest: piece } of await test.repository.listReferrers(digest)) {
        await test.repository.deleteManifest(piece)
        await test.monitor.ingest([
          test.event({ action: 'manifest-deleted', digest: piece, actor: actors.alice, time: time() }),
        ])
      }
      return kindsOf(await test.settle())
    }
    for (let times = 0; times < 2; times++) {
      expect(await lose()).toEqual(['evidence-deleted'])
      test.advance(10 * minute)
      await test.decide(good)
      await test.note(digest)
      await test.repository.putManifest(good.raw, { tag: '1' })
      await test.monitor.ingest([test.event({ tag: '1', digest, time: time() })])
      expect((await test.monitor.step()).raised).toMatchObject([{ resolves: expect.any(String) }])
      test.advance(minute / 3)
    }
  })

  it('but not by a look at what was told, promoted again and judged meanwhile', async () => {
    const { good } = await prepare()
    await test.monitor.poll()
    await test.settle()
    const digest = digestOfImage(good)
    const [piece] = await test.repository.listReferrers(digest)
    await test.repository.deleteManifest(piece!.digest)
    const gone = test.event({ action: 'manifest-deleted', digest: piece!.digest, actor: actors.alice })
    test.advance(1000)
    await test.decide(good)
    await test.note(digest)
    await test.repository.putManifest(good.raw, { tag: '1' })
    const again = test.event({ tag: '1', digest })
    test.advance(5000)
    await test.monitor.poll()
    await test.monitor.ingest([gone])
    await test.monitor.step()
    await test.monitor.ingest([again])
    await test.settle()
    expect(kindsOf(await test.monitor.alerts())).toEqual(['evidence-deleted'])
  })

  it('a loss of evidence after the alert about the first one was forgotten', async () => {
    const { good } = await prepare()
    const digest = digestOfImage(good)
    const ids = new Set<string>()
    for (let times = 1; times < 4; times++) {
      for (const { digest: piece } of await test.repository.listReferrers(digest))
        await test.repository.deleteManifest(piece)
      await test.monitor.poll()
      for (const { id } of await test.settle()) ids.add(id)
      test.advance(hour)
      await test.decide(good)
      await test.note(digest)
      await test.repository.putManifest(good.raw, { tag: '1' })
      await test.monitor.ingest([test.event({ tag: '1', digest })])
      await test.settle()
      await test.monitor.outbox.step()
      const told = test.delivered.filter(({ resolves }) => resolves === undefined)
      expect(new Set(told.map(({ id }) => id)).size).toBe(times)
      test.advance(2 * hour)
      // Of several the first ones, then all.
      if (times === 2) await test.state.prune({ before: new Date(test.now().getTime() - hour) })
    }
    expect(ids.size).toBe(3)
  })
})

describe('what can not be judged', () => {
  const turns = async (count: number): Promise<MonitorTest['delivered']> => {
    const raised: MonitorTest['delivered'] = []
    for (let turn = 0; turn < count; turn++) {
      test.advance(2 * minute)
      raised.push(...(await test.monitor.step()).raised)
    }
    return raised
  }
  const fail = (concerns: (path: string) => boolean = () => true) =>
    test.registry.setRequestHook(({ path }) =>
      concerns(path) ? { type: 'respond', status: 500 } : undefined,
    )

  it('is told of again after it could be judged, also when the event came about before that', async () => {
    const digest = digestOfImage(await test.promote('good'))
    fail()
    await test.monitor.ingest([test.event({ tag: '1', digest })])
    expect(kindsOf(await turns(4))).toEqual(['unjudged'])
    const late = test.event({ tag: '2', digest, actor: actors.alice })
    test.registry.setRequestHook(undefined)
    expect((await turns(2)).map(({ resolves }) => resolves)).toEqual([expect.any(String)])
    test.advance(20 * minute)
    fail()
    await test.monitor.ingest([late])
    expect(kindsOf(await turns(6))).toEqual(['unjudged'])
  })

  it('is over only when nothing of it waits any more', async () => {
    const good = digestOfImage(await test.promote('good'))
    const bad = digestOfImage(await test.push('bad', '2'))
    fail()
    await test.monitor.ingest([
      test.event({ tag: '1', digest: good }),
      test.event({ tag: '2', digest: bad, actor: actors.alice }),
    ])
    expect(kindsOf(await turns(4))).toEqual(['unjudged'])
    fail((path) => path.endsWith('/manifests/2') || path.includes(bad))
    expect(await turns(10)).toEqual([])
    expect(kindsOf(await test.monitor.alerts({ open: true }))).toEqual(['unjudged'])
    test.registry.setRequestHook(undefined)
    const last = await turns(2)
    expect(last.map(({ kind, resolves }) => [kind, resolves !== undefined])).toEqual([
      ['unauthorised-push', false],
      ['unjudged', true],
    ])
  })
})
