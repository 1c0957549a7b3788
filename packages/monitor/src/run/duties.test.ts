import type { Digest } from '@sallyport/core'
import type { RegistryEvent } from '../event/registry-event.ts'
import { createImage, createImageIndex, pushImage } from '@sallyport/testkit'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Monitor } from './create-monitor.ts'
import type { MonitorOptions } from './monitor-options.ts'
import { actors, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const minute = 60_000
const hour = 60 * minute
const kinds = async () => (await test.monitor.alerts()).map(({ kind }) => kind).sort()

/** Steps until nothing waits any more. */
async function settle(monitor: Monitor): Promise<void> {
  for (let turns = 0; turns < 20; turns++) {
    await monitor.step()
    test.advance(10_000)
  }
}

/** Promotes, and has it judged. */
async function known(name: string, tag: string): Promise<Digest> {
  const { digest } = (await test.promote(name, tag)).raw.descriptor
  await test.monitor.ingest([test.event({ digest, tag })])
  await test.settle()
  return digest
}

const listed = (...repositories: readonly string[]) =>
  async function* (_signal?: AbortSignal) {
    for (const repository of repositories) yield { registry: test.registry.host, repository }
  }

describe('the first look', () => {
  it('notes what is there, and the next one judges what has come', async () => {
    await test.push('old', '1')
    await test.monitor.poll()
    await test.push('bad', '2')
    await test.monitor.poll()
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', tag: '2' }])
  })

  it.each(['a child of an index', 'an index', 'an image'])(
    'notes %s, so that its loss is told',
    async (what) => {
      const index = createImageIndex({ 'linux/amd64': createImage() })
      await pushImage(test.repository, index, '1')
      const image = await test.push('old', '2')
      await test.monitor.poll()
      await test.settle()
      const lost = what === 'an index' ? index.raw : what === 'an image' ? image.raw : index.children[0]!
      const { digest } = lost.descriptor
      await test.repository.deleteManifest(digest)
      await test.monitor.ingest([test.event({ action: 'manifest-deleted', digest, actor: actors.alice })])
      await test.settle()
      expect(await test.monitor.alerts()).toMatchObject([{ kind: 'manifest-deleted', digest }])
    },
  )

  it('at a repository that appears later judges all of it', async () => {
    const watch = [{ ...test.terms, repositories: [`${test.registry.host}/prod/*`] }]
    await test.push('old', '1')
    const before = test.open({ watch, listPlaces: listed('prod/none') })
    await before.poll()
    const after = test.open({ watch, listPlaces: listed('prod/none', 'prod/app') })
    await after.poll()
    await settle(after)
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', tag: '1' }])
  })

  it('that is broken off says that it was, and judges what was moved', async () => {
    for (const tag of ['1', '2']) await test.push('old', tag)
    test.registry.setRequestHook((request) =>
      request.path.includes('referrers') ? { type: 'respond', status: 500 } : undefined,
    )
    expect((await test.monitor.poll()).failures).toHaveLength(1)
    test.registry.setRequestHook(undefined)
    await test.push('bad', '3')
    test.advance(minute)
    await test.monitor.poll()
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'gap', severity: 'medium' }])
  })

  it('judges when it is asked to, as a reconciliation does', async () => {
    await test.push('old', '1')
    const monitor = test.open({ firstLook: 'judge' })
    await monitor.poll()
    await settle(monitor)
    expect(await kinds()).toEqual(['unauthorised-push'])
  })
})

describe('a list of repositories that can not be read', () => {
  const failing = async function* (): AsyncGenerator<never> {
    yield* await Promise.reject<never[]>(new Error('the list is not for you'))
  }

  it('keeps nobody from looking at those that are known, and is an alert when it lasts', async () => {
    const monitor = test.open({ listPlaces: failing })
    await monitor.poll()
    const { digest } = (await test.push('bad', '1')).raw.descriptor
    const { failures, places } = await monitor.poll()
    expect(failures).toEqual([{ place: '', message: 'the list is not for you' }])
    expect(places).toBe(1)
    await settle(monitor)
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', digest }])
    test.advance(5 * minute)
    await monitor.poll()
    expect(await test.monitor.alerts({ open: true })).toMatchObject([
      { kind: 'unjudged', odd: expect.arrayContaining([expect.stringContaining('the list is not for you')]) },
      { kind: 'unauthorised-push' },
    ])
    await test.open({ listPlaces: listed('prod/app') }).poll()
    expect(await kinds()).toContain('unjudged')
  })

  it('is over when it can be read again', async () => {
    let isBroken = true
    const monitor = test.open({
      listPlaces: (signal) => (isBroken ? failing() : listed('prod/app')(signal)),
    })
    await monitor.poll()
    test.advance(5 * minute)
    await monitor.poll()
    expect(await test.monitor.alerts({ open: true })).toMatchObject([{ kind: 'unjudged' }])
    isBroken = false
    await monitor.poll()
    expect(await test.monitor.alerts({ open: true })).toEqual([])
  })

  it('does not end a run', async () => {
    const end = new AbortController()
    const monitor = test.open({
      listPlaces: failing,
      pollEveryMs: minute,
      sleep: async (ms) => {
        test.advance(Math.max(ms, 1))
        await new Promise((resolve) => setImmediate(resolve))
        if ((await test.state.alerts()).length > 0) end.abort()
      },
    })
    await monitor.run({ signal: end.signal })
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unjudged', severity: 'high' }])
  })

  it('does not count as a list of all there is', async () => {
    const watch = [{ ...test.terms, repositories: [`${test.registry.host}/prod/*`] }]
    await test.open({ watch, listPlaces: failing }).poll()
    await test.push('old', '1')
    const monitor = test.open({ watch, listPlaces: listed('prod/app') })
    await monitor.poll()
    await settle(monitor)
    expect(await kinds()).toEqual([])
  })
})

describe('an error of a function of the caller', () => {
  const secret = 'hunter2hunter2'
  const fail = (): never => {
    throw new Error(`https://robot:${secret}@registry.example/list?token=${secret} was refused`)
  }
  it.each([
    ['listPlaces', { listPlaces: fail }],
    ['open', { open: fail }],
    ['findRetirement', { findRetirement: async () => fail() }],
  ] as const)('brings no secret into alerts and summaries: %s', async (_title, more) => {
    const digest = await known('good', '1')
    await test.repository.deleteManifest(digest)
    const monitor = test.open({ ...more, unreadableAfterMs: 0 })
    const { failures } = await monitor.poll()
    await monitor.ingest([test.event({ action: 'tag-deleted', tag: '1' })])
    await monitor.step()
    const alerts = await test.monitor.alerts()
    expect(alerts.map(({ kind }) => kind)).toContain('unjudged')
    expect(JSON.stringify([alerts, failures])).toContain('registry.example')
    expect(JSON.stringify([alerts, failures])).not.toContain(secret)
  })
})

describe('terms of which no repository is known', () => {
  const glob = () => `${test.registry.host}/prod/*`
  const watching = (more: Partial<MonitorOptions> = {}) =>
    test.open({ watch: [{ ...test.terms, repositories: [glob()] }], ...more })

  it.each([
    ['that nobody lists', () => undefined, /listPlaces/],
    ['that a list does not name', () => listed('dev/app'), /listPlaces names none/],
  ])('are told of, %s', async (_title, listPlaces, message) => {
    const monitor = watching({ listPlaces: listPlaces() })
    expect((await monitor.poll()).unseen).toEqual([glob()])
    expect(await kinds()).toEqual([])
    test.advance(5 * minute)
    await monitor.poll()
    expect(await test.monitor.alerts()).toMatchObject([
      { kind: 'gap', severity: 'medium', odd: expect.arrayContaining([expect.stringMatching(message)]) },
    ])
    expect((await monitor.status()).lastPoll?.unseen).toEqual([glob()])
  })

  it('are none any more when an event names one', async () => {
    const monitor = watching()
    await monitor.poll()
    test.advance(5 * minute)
    await monitor.poll()
    const { digest } = (await test.promote('good')).raw.descriptor
    await monitor.ingest([test.event({ digest, tag: '1' })])
    await monitor.step()
    expect((await monitor.poll()).unseen).toEqual([])
    expect(await test.monitor.alerts({ open: true })).toEqual([])
  })
})

describe('a reconciliation', () => {
  it('finds what was noted and is wrong, and only that', async () => {
    await known('good', '1')
    await test.push('old', '2')
    await test.monitor.poll()
    await test.settle()
    expect(await kinds()).toEqual([])
    test.advance(hour)
    await test.monitor.reconcile()
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push', tag: '2' }])
  })
})

describe('what happens while the monitor is down', () => {
  it('gives an alert each, and one that says that it was down', async () => {
    const first = await known('first', '1')
    await known('second', '2')
    await known('third', '3')
    await test.monitor.poll()
    await test.settle()
    test.advance(2 * hour)
    await test.push('bad', '2')
    for (const { digest } of await test.repository.listReferrers(first))
      await test.repository.deleteManifest(digest)
    await test.repository.deleteManifest((await test.repository.headManifest('3'))!.digest)
    const again = test.open()
    await again.step()
    await again.poll()
    await settle(again)
    await again.poll()
    await settle(again)
    expect(await kinds()).toEqual(['evidence-deleted', 'gap', 'manifest-deleted', 'unauthorised-push'])
  })
})

describe('a source that is expected', () => {
  const open = () =>
    test.open({ sources: [{ source: 'distribution', registry: test.registry.host, everyMs: hour }] })

  it.each([
    ['is told of when something changes and it is silent', false, ['gap']],
    ['is no alarm when its event comes a moment after the look', true, []],
  ])('%s', async (_title, isTold, expected) => {
    const monitor = open()
    await monitor.poll()
    test.advance(24 * hour)
    await monitor.step()
    const alerts = (await monitor.alerts()).length
    const { digest } = (await test.promote('good', '1')).raw.descriptor
    await monitor.poll()
    if (isTold) await monitor.ingest([test.event({ digest, tag: '1' })])
    await settle(monitor)
    const found = await monitor.alerts()
    expect(found.slice(0, found.length - alerts).map(({ kind }) => kind)).toEqual(expected)
  })
})

describe('the loop', () => {
  it('polls, judges and waits as it is told to, until it is ended', async () => {
    const { digest } = (await test.push('bad', '1')).raw.descriptor
    const end = new AbortController()
    const pauses: number[] = []
    const monitor = test.open({
      pollEveryMs: 30_000,
      sleep: async (ms) => {
        pauses.push(ms)
        test.advance(Math.max(ms, 1))
        await new Promise((resolve) => setImmediate(resolve))
        if ((await test.state.alerts()).length > 0 || pauses.length > 1000) end.abort()
      },
    })
    await monitor.ingest([test.event({ digest, tag: '1', actor: actors.unknown })])
    await monitor.run({ signal: end.signal })
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'unauthorised-push' }])
    expect(Math.max(...pauses)).toBeLessThanOrEqual(10_000)
    expect((await monitor.status()).aliveAt).toBe(test.now().toISOString())
  })
})

describe('a replica in another region', () => {
  it.each([
    ['of what was promoted', true, []],
    ['of what was not', false, ['unauthorised-push']],
  ])('%s is judged by what was promoted to its origin', async (_title, isPromoted, expected) => {
    const origin = test.place
    const replica = `${test.registry.host}/eu/app`
    const image = await (isPromoted ? test.promote('good') : test.push('bad', '1'))
    const target = test.client.repository({ registry: test.registry.host, repository: 'eu/app' })
    const { copyImage } = await import('@sallyport/oci')
    const { digest } = image.raw.descriptor
    await copyImage(test.repository, target, image.raw.descriptor)
    for (const entry of await test.repository.listReferrers(digest))
      await copyImage(test.repository, target, (await test.repository.getManifest(entry.digest)).descriptor)
    await target.putManifest(image.raw, { tag: '1' })
    const monitor = test.open({ watch: [{ ...test.terms, repositories: [replica], originOf: () => origin }] })
    await monitor.ingest([
      test.event({
        repository: 'eu/app',
        digest,
        tag: '1',
        actor: { kind: 'system' },
        cause: 'replication',
      }),
    ])
    await settle(monitor)
    expect(await kinds()).toEqual(expected)
  })
})

describe('a deletion', () => {
  type Row = readonly [title: string, event: Partial<RegistryEvent>, expected: readonly string[]]
  const rows: readonly Row[] = [
    ['by retention', { action: 'tag-deleted', tag: '1', cause: 'retention', actor: { kind: 'system' } }, []],
    ['by garbage collection', { action: 'manifest-deleted', cause: 'garbage-collection' }, []],
    ['by somebody', { action: 'manifest-deleted', actor: actors.alice }, ['manifest-deleted']],
    ['by the gate, which retired nothing', { action: 'manifest-deleted' }, ['manifest-deleted']],
  ]
  it.each(rows)('%s', async (_title, event, expected) => {
    const digest = await known('good', '1')
    await test.repository.deleteManifest(digest)
    await test.monitor.ingest([test.event({ digest, ...event })])
    await test.settle()
    expect(await kinds()).toEqual(expected)
  })

  it('that was a retirement is none', async () => {
    const digest = await known('good', '1')
    await test.repository.deleteManifest(digest)
    const monitor = test.open({ findRetirement: async () => 'retired by plan' })
    await monitor.ingest([
      test.event({ action: 'manifest-deleted', digest }),
      test.event({ action: 'tag-deleted', tag: '1' }),
    ])
    await settle(monitor)
    expect(await kinds()).toEqual([])
  })

  it.each([
    ['is one alert, whoever tells', true],
    ['is one alert, when nobody tells', false],
  ])('of a repository %s', async (_title, isTold) => {
    const digests = [await known('a', '1'), await known('b', '2'), await known('c', '3')]
    await test.monitor.poll()
    await test.settle()
    for (const digest of digests) await test.repository.deleteManifest(digest)
    if (isTold) await test.monitor.ingest([test.event({ action: 'repository-deleted', actor: actors.alice })])
    for (let polls = 0; polls < 3; polls++) {
      await test.monitor.poll()
      await test.settle()
    }
    expect(await kinds()).toEqual(['repository-deleted'])
  })

  it('of a repository whose tags were each retired is none', async () => {
    const digests = [await known('a', '1'), await known('b', '2')]
    await test.monitor.poll()
    await test.settle()
    for (const digest of digests) await test.repository.deleteManifest(digest)
    const monitor = test.open({ findRetirement: async ({ tag }) => tag && `retired: ${tag}` })
    await monitor.poll()
    await settle(monitor)
    expect(await kinds()).toEqual([])
  })
})

describe('a change of permissions', () => {
  it('is an alert, also by the gate', async () => {
    await test.monitor.ingest([test.event({ action: 'permission-changed' })])
    await test.settle()
    expect(await test.monitor.alerts()).toMatchObject([{ kind: 'permission-changed', severity: 'medium' }])
  })

  it.each([
    ['prod', ['HOST/prod/*'], 1],
    ['prod', ['HOST/prod/app'], 1],
    ['prod', ['HOST/*/app'], 1],
    ['prod', ['*/app'], 1],
    ['prod', ['HOST/production/*'], 0],
    ['prod', ['HOST/pro'], 0],
    ['prod/app', ['HOST/prod/app2'], 0],
  ])('of a project %s in which %j is watched leads to %i alerts', async (repository, watched, alerts) => {
    const repositories = watched.map((each) => each.replace('HOST', test.registry.host))
    const monitor = test.open({ watch: [{ ...test.terms, repositories }] })
    await monitor.ingest([test.event({ action: 'permission-changed', repository, actor: actors.alice })])
    await monitor.step()
    expect(await monitor.alerts()).toHaveLength(alerts)
  })
})
