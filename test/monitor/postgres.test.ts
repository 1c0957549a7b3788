import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import type {
  AlertSink,
  Finding,
  JudgedBatch,
  MonitorState,
  PendingEvent,
  QueueOf,
  RegistryEvent,
} from '@sallyport/monitor'
import type { Schema } from '@sallyport/gate/database'
import { openPostgres } from '@sallyport/gate/postgres'
import { postgresMonitorState } from '@sallyport/monitor/postgres'
import { findPostgres, type RunningService, startPostgres } from '@sallyport/test-tools'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const isThere = (await findPostgres()) !== undefined
const now = new Date('2026-11-26T12:00:00.000Z')
const place = 'registry.example/prod/app'
const digest = digestOf('a')

const eventOf = (number: number): RegistryEvent => ({
  id: `event ${number}`,
  source: 'distribution',
  time: new Date(now.getTime() + number * 1000).toISOString(),
  action: 'push',
  actor: { kind: 'user', name: 'alice' },
  registry: 'registry.example',
  repository: 'prod/app',
  tag: `${number}`,
  digest,
})
const findingOf = ({ tag }: RegistryEvent): Finding => ({
  kind: 'unauthorised-push',
  severity: 'critical',
  incident: `push ${place}:${tag}`,
  epoch: '',
  registry: 'registry.example',
  repository: 'prod/app',
  tag,
  digest,
  title: 'a push',
  expected: 'a promotion',
  odd: ['pushed by alice'],
  action: 'look',
})
const empty: JudgedBatch = {
  now,
  judged: [],
  postponed: [],
  findings: [],
  settles: [],
  probes: [],
  probesAt: now,
  tags: [],
  goneTags: [],
  parts: [],
  goneParts: [],
  sinks: ['list'],
}

describe.skipIf(!isThere)('a state in PostgreSQL', () => {
  let directory: string
  let server: RunningService
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-postgres-'))
    server = await startPostgres({ directory })
  }, 120_000)
  afterAll(async () => {
    await server?.stop()
    await rm(directory, { recursive: true, force: true })
  })
  const open = (schema: string): Promise<MonitorState> =>
    postgresMonitorState({ connectionString: server.url, schema })

  it('keeps an event once, however many monitors take it', async () => {
    const schema = `Monitor "one" ${randomUUID()}`
    const [one, other] = await Promise.all([open(schema), open(schema)])
    await using _one = one
    await using _other = other
    const events = Array.from({ length: 50 }, (_, number) => eventOf(number))
    const added = await Promise.all(
      [one, other].map((state) => state.receive(events, { receivedAt: now, dueAt: now })),
    )
    expect(added.reduce((sum, each) => sum + each, 0)).toBe(50)
    expect(await other.due({ now, limit: 100 })).toHaveLength(50)

    const elsewhere = { ...eventOf(50), registry: 'elsewhere.example' }
    await one.receive([elsewhere], { receivedAt: now, dueAt: new Date(now.getTime() - 1) })
    expect(await one.nextDue()).toBe(new Date(now.getTime() - 1).toISOString())
    expect(await one.due({ now, limit: 100 })).toMatchObject([{ event: elsewhere }])
    expect(await one.due({ now, limit: 100, except: new Set([elsewhere.registry]) })).toHaveLength(50)
  })

  it('raises an alert once, and delivers it once, when two monitors judge the same', async () => {
    const schema = `monitor ${randomUUID()}`
    const [one, other] = await Promise.all([open(schema), open(schema)])
    await using _one = one
    await using _other = other
    const events = Array.from({ length: 20 }, (_, number) => eventOf(number))
    await one.receive(events, { receivedAt: now, dueAt: now })
    const pending = await one.due({ now, limit: 100 })
    const judged = pending.map((each) => ({ pending: each, finding: findingOf(each.event) }))
    const batches = await Promise.all([one, other].map((state) => state.commit({ ...empty, judged })))
    expect(batches.flatMap(({ raised }) => raised)).toHaveLength(20)
    expect(await one.counts()).toMatchObject({ waiting: 0, alerted: 20, openAlerts: 20 })

    const sent: string[] = []
    const sinks: readonly AlertSink[] = [{ name: 'list', send: async ({ id }) => void sent.push(id) }]
    const clock = { now: () => now }
    const outboxes = [one, other].map((state) => state.openOutbox({ sinks, clock }))
    await Promise.all(outboxes.map((outbox) => outbox.step()))
    await outboxes[0]!.step()
    expect(sent.toSorted()).toEqual(
      batches
        .flatMap(({ raised }) => raised)
        .map(({ id }) => id)
        .toSorted(),
    )
    expect(await outboxes[1]!.pending()).toEqual([])
  })

  it('keeps tags and parts, of which an alert outweighs what explains the same', async () => {
    await using state = await open(`monitor ${randomUUID()}`)
    const tag = { place, tag: '1', digest, at: now.toISOString() }
    const part = { place, digest, parent: '1', relation: 'tagged', at: now.toISOString() } as const
    await state.commit({
      ...empty,
      tags: [
        { ...tag, standing: 'alert' },
        { ...tag, standing: 'explained' },
        { ...tag, tag: '2', standing: 'noted' },
      ],
      parts: [
        { ...part, standing: 'alert', incident: 'it' },
        { ...part, standing: 'explained' },
      ],
    })
    expect(await state.findTag(place, '1')).toMatchObject({ standing: 'alert' })
    expect(await state.findTag(place, '2')).toMatchObject({ standing: 'noted', digest })
    expect(await state.partOf(place, digest)).toMatchObject([{ standing: 'alert', incident: 'it' }])
    for (const at of ['2026-11-26T12:30:00.000Z', '2026-11-26T12:10:00.000Z'])
      await state.commit({ ...empty, parts: [{ ...part, standing: 'explained', at }] })
    expect(await state.partOf(place, digest)).toMatchObject([
      { standing: 'explained', incident: 'it', at: '2026-11-26T12:30:00.000Z' },
    ])
    await state.commit({ ...empty, goneTags: [{ place, tag: '2' }] })
    expect(await state.findTag(place, '2')).toBeUndefined()
  })

  it('gives at once what is known, of the very places that were asked for', async () => {
    await using state = await open(`monitor ${randomUUID()}`)
    const other = 'registry.example/prod/other'
    const known = { digest, standing: 'explained', at: now.toISOString() } as const
    const part = { ...known, parent: '1', relation: 'tagged' } as const
    await state.commit({
      ...empty,
      tags: [place, other].flatMap((each) => ['1', '2'].map((tag) => ({ ...known, place: each, tag }))),
      parts: [place, other].map((each) => ({ ...part, place: each })),
    })
    const found = await state.recall({
      tags: [
        [place, '1'],
        [place, '1'],
        [other, '2'],
        [place, 'none'],
      ],
      digests: [
        [place, digest],
        [place, digestOf('none')],
      ],
    })
    expect(found.tags.map(({ place, tag }) => `${place}:${tag}`).toSorted()).toEqual([
      `${place}:1`,
      `${other}:2`,
    ])
    expect(found.parts).toEqual([{ ...part, place, incident: undefined }])
    expect(await state.recall({ tags: [], digests: [] })).toEqual({ tags: [], parts: [] })
  })

  it('lets events wait, and tells once of what can not be judged', async () => {
    await using state = await open(`monitor ${randomUUID()}`)
    const events = Array.from({ length: 3 }, (_, number) => eventOf(number))
    await state.receive(events, { receivedAt: now, dueAt: now })
    const pending = await state.due({ now, limit: 100 })
    const until = new Date(now.getTime() + 1000)
    const [first, second, third] = pending as [PendingEvent, PendingEvent, PendingEvent]
    const finding = { ...findingOf(second.event), kind: 'unjudged' } as const
    await state.commit({ ...empty, judged: [{ pending: third, finding: findingOf(third.event) }] })
    const { raised } = await state.commit({
      ...empty,
      postponed: [
        { pending: first, until },
        { pending: second, until, failingSince: now.toISOString(), finding },
        // Another monitor has judged it.
        { pending: third, until, finding },
      ],
    })
    expect(raised).toMatchObject([{ kind: 'unjudged', occurrences: 1 }])
    expect(await state.due({ now, limit: 100 })).toEqual([])
    const again = await state.due({ now: until, limit: 100 })
    expect(again.toSorted((one, other) => Number(one.isReported) - Number(other.isReported))).toEqual([
      { ...first, tries: 1 },
      { ...second, tries: 1, failingSince: now.toISOString(), isReported: true },
    ])
  })

  it('takes back that events can not be judged with the last of them', async () => {
    await using state = await open(`monitor ${randomUUID()}`)
    await state.receive([eventOf(0), eventOf(1)], { receivedAt: now, dueAt: now })
    const pending = await state.due({ now, limit: 100 })
    const until = new Date(now.getTime() + 1000)
    const failed = { ...findingOf(eventOf(0)), kind: 'unjudged', incident: `unjudged ${place}` } as const
    const postponed = pending.map((each) => ({
      pending: each,
      until,
      failingSince: now.toISOString(),
      finding: failed,
    }))
    expect((await state.commit({ ...empty, postponed })).raised).toHaveLength(1)
    const over = async (each: PendingEvent) => {
      const settles = [{ incident: failed.incident, isLastOnly: true }]
      const explanation = { kind: 'unchanged', message: 'it is' } as const
      return (await state.commit({ ...empty, judged: [{ pending: each, explanation, settles }] })).raised
    }
    expect(await over(pending[0]!)).toEqual([])
    expect(await over(pending[1]!)).toMatchObject([{ resolves: expect.any(String) }])
  })

  it('brings the tables of an older version up to date', async () => {
    const schema = `monitor ${randomUUID()}`
    await (await open(schema))[Symbol.asyncDispose]()
    const other: Schema = { part: 'other', version: 1, create: () => [], upgrades: {} }
    await using raw = await openPostgres({ connectionString: server.url, schema }, other)
    const { table } = raw.dialect
    await raw.query(`ALTER TABLE ${table('monitor_alert')} DROP COLUMN right_at`)
    await raw.query(`ALTER TABLE ${table('monitor_part')} DROP COLUMN at`)
    await raw.query(
      `INSERT INTO ${table('monitor_part')} VALUES ($1, $2, '1', 'tagged', 'explained', NULL)`,
      [place, digest],
    )
    await raw.query(`UPDATE ${table('schema_version')} SET version = 1 WHERE part = 'monitor'`)
    await using state = await open(schema)
    expect(await state.partOf(place, digest)).toMatchObject([{ parent: '1', at: '' }])
    expect((await state.commit({ ...empty, findings: [findingOf(eventOf(1))] })).raised).toHaveLength(1)
  })

  it('keeps in one queue what is to be judged together', async () => {
    await using state = await open(`monitor ${randomUUID()}`)
    const others = ['a.example', 'b.example'].map((registry) => ({ ...eventOf(0), registry }))
    const queueOf: QueueOf = ({ registry }) => (registry === 'registry.example' ? registry : '')
    await state.receive([...others, eventOf(1)], { receivedAt: now, dueAt: now, queueOf })
    const read = async (except: readonly string[]) =>
      (await state.due({ now, limit: 100, except: new Set(except) })).map(({ event }) => event.registry)
    expect((await read(['registry.example'])).toSorted()).toEqual(['a.example', 'b.example'])
    expect(await read([''])).toEqual(['registry.example'])
  })
})
