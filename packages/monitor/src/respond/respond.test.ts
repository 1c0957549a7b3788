import type { Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { actors, type MonitorTest, openMonitorTest } from '../run/monitor-test.fixture.ts'
import type { ResponseNote } from './responses.ts'

let test: MonitorTest
beforeEach(async () => {
  test = await openMonitorTest()
})
afterEach(() => test[Symbol.asyncDispose]())

const hour = 3_600_000
const at = async (tag = '1'): Promise<Digest | undefined> => (await test.repository.headManifest(tag))?.digest

/** A monitor that responds, and a bad push to a tag that had been promoted. */
async function attack({
  prepare = async () => undefined,
  onTag = '1',
  repository = test.repository,
}: {
  readonly prepare?: () => Promise<unknown>
  readonly onTag?: string
  readonly repository?: Repository
} = {}) {
  const notes: ResponseNote[] = []
  const monitor = test.open({
    responses: {
      quarantine: () =>
        test.client.repository({ registry: test.registry.host, repository: 'quarantine/app' }),
      moveTagBack: () => repository,
      onResponse: (note) => notes.push(note),
    },
  })
  const good = await test.promote('good')
  test.advance(hour)
  const bad = await test.push('bad', onTag)
  const digest = bad.raw.descriptor.digest
  await prepare()
  const event = { digest, tag: onTag, actor: actors.alice }
  await monitor.ingest([test.event(event)])
  await monitor.step()
  return { monitor, notes, good: good.raw.descriptor.digest, bad: digest, event, raw: bad.raw }
}

const told = (notes: readonly ResponseNote[]) =>
  notes.map(({ response, done, message }) => `${response} ${done ? 'done' : message}`)

describe('a quarantine that is watched', () => {
  const to = (repository: string) => () =>
    test.client.repository({ registry: test.registry.host, repository })

  it.each([
    ['is the place itself', 'prod/app', ['prod/app']],
    ['is another one by name', 'quarantine/app', ['prod/app', 'quarantine/app']],
    ['is matched by a glob', 'prod/quarantine', ['prod/*']],
  ])('is refused at once when it %s', (_title, quarantine, repositories) => {
    const watch = [
      { ...test.terms, repositories: repositories.map((each) => `${test.registry.host}/${each}`) },
    ]
    expect(() => test.open({ watch, responses: { quarantine: to(quarantine) } })).toThrow(
      expect.objectContaining({ code: 'OPTIONS_INVALID', message: expect.stringContaining(quarantine) }),
    )
  })

  it('is refused when that shows only with the alert', async () => {
    const notes: ResponseNote[] = []
    const monitor = test.open({
      watch: [{ ...test.terms, repositories: [`${test.registry.host}/prod/*`] }],
      responses: {
        // Known only for what there is.
        quarantine: (place) => {
          if (!place.endsWith('/app')) throw new Error(`no quarantine for ${place}`)
          return to('prod/quarantine')()
        },
        onResponse: (note) => notes.push(note),
      },
    })
    const { digest } = (await test.push('bad', '1')).raw.descriptor
    await monitor.ingest([test.event({ digest, tag: '1', actor: actors.alice })])
    await monitor.step()
    expect(told(notes)).toEqual([expect.stringMatching(/prod\/quarantine is watched/)])
    expect(await to('prod/quarantine')().headManifest(`alert-${notes[0]!.alert}`)).toBeUndefined()
  })
})

describe('responses', () => {
  it('are off unless they are asked for', async () => {
    await test.promote('good')
    test.advance(hour)
    const { digest } = (await test.push('bad', '1')).raw.descriptor
    await test.monitor.ingest([test.event({ digest, tag: '1', actor: actors.alice })])
    await test.settle()
    expect(await test.monitor.alerts()).toHaveLength(1)
    expect(await at()).toBe(digest)
  })

  it('copy what was pushed, and move the tag back to what was promoted', async () => {
    const { notes, good, bad } = await attack()
    expect(told(notes)).toEqual(['quarantine done', 'move-tag-back done'])
    expect(await at()).toBe(good)
    const quarantine = test.client.repository({ registry: test.registry.host, repository: 'quarantine/app' })
    expect((await quarantine.headManifest(`alert-${notes[0]!.alert}`))?.digest).toBe(bad)
  })

  it('are done once for an alert, however often it is told of', async () => {
    const { monitor, notes, event, good } = await attack()
    const late = test.event({
      ...event,
      source: 'log',
      time: new Date(test.now().getTime() - 1000).toISOString(),
    })
    test.advance(60_000)
    await monitor.ingest([late])
    await monitor.step()
    expect(await monitor.alerts()).toMatchObject([{ occurrences: 2 }])
    expect(notes).toHaveLength(2)
    expect(await at()).toBe(good)
  })

  it('are done again when the same is pushed again, of which there is another alert', async () => {
    const { monitor, notes, raw, event, good } = await attack()
    for (let times = 2; times < 5; times++) {
      test.advance(1000)
      await test.repository.putManifest(raw, { tag: '1' })
      await monitor.ingest([test.event(event)])
      await monitor.step()
      expect(new Set(notes.map(({ alert }) => alert)).size).toBe(times)
      expect(notes.at(-1)).toMatchObject({ response: 'move-tag-back', done: true })
      expect(await at()).toBe(good)
    }
  })

  it.each<[string, RegExp, (bad: () => Promise<Digest | undefined>) => Promise<unknown>]>([
    [
      'the decision about what was promoted is gone',
      /not valid now/,
      async () => {
        const { targetDigest } = (await test.journal.list({ verdict: 'pass' })).items[0]!
        for (const { digest } of await test.repository.listReferrers(targetDigest!))
          await test.repository.deleteManifest(digest)
      },
    ],
    [
      'somebody promotes to the tag',
      /being promoted to/,
      async () => await test.journal.leases.acquire(`${test.place}:1`),
    ],
    [
      'the tag has been moved meanwhile',
      /not at sha256:\w+ any more/,
      async () => await test.push('third', '1'),
    ],
  ])('move no tag while %s', async (_title, message, prepare) => {
    const { notes, good } = await attack({ prepare: async () => await prepare(at) })
    expect(notes.find(({ response }) => response === 'move-tag-back')).toMatchObject({
      done: false,
      message: expect.stringMatching(message),
    })
    expect(await at()).not.toBe(good)
  })

  it('move no tag to which nothing was promoted', async () => {
    const { notes, bad } = await attack({ onTag: '2' })
    expect(notes[1]).toMatchObject({ done: false, message: expect.stringMatching(/nothing was promoted/) })
    expect(await at('2')).toBe(bad)
  })

  it('touch nothing when a rollback or another hand is what is wrong', async () => {
    const notes: ResponseNote[] = []
    const monitor = test.open({
      responses: {
        quarantine: () =>
          test.client.repository({ registry: test.registry.host, repository: 'quarantine/app' }),
        moveTagBack: () => test.repository,
        onResponse: (note) => notes.push(note),
      },
    })
    const old = await test.promote('old')
    test.advance(hour)
    await test.promote('new')
    test.advance(hour)
    await test.repository.putManifest(old.raw, { tag: '1' })
    const { digest } = old.raw.descriptor
    await monitor.ingest([test.event({ digest, tag: '1', actor: actors.alice })])
    await monitor.step()
    test.advance(60_000)
    await monitor.step()
    expect((await monitor.alerts()).map(({ kind }) => kind)).toContain('rollback')
    expect([notes, await at()]).toEqual([[], digest])
  })
})
