import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { openSqlite, type Schema } from '@sallyport/gate/database'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { JudgedBatch } from '../ports/monitor-state.ts'
import { describeFinding } from '../judge/describe-finding.ts'
import { sampleAlert } from '../testing/sample-alert.ts'
import { monitorSchema } from './monitor-schema.ts'
import { sqliteMonitorState } from './sqlite-monitor-state.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-state-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

const now = new Date('2026-11-26T12:00:00.000Z')
const eventOf = (number: number, address = '10.0.0.1'): RegistryEvent => ({
  id: `event ${number} of ${address}`,
  source: 'distribution',
  time: new Date(now.getTime() + number * 1000).toISOString(),
  action: 'push',
  actor: { kind: 'user', name: 'alice', address },
  registry: 'registry.example',
  repository: 'prod/app',
  tag: `${number}`,
  digest: digestOf('a'),
})

const batch: JudgedBatch = {
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

describe('events that wait', () => {
  it('are the same to the process that received them and to another one', async () => {
    const path = join(folder, 'monitor.db')
    await using one = sqliteMonitorState(path)
    await using other = sqliteMonitorState(path)
    await one.receive([eventOf(1), eventOf(2)], { receivedAt: now, dueAt: now })
    await other.receive([eventOf(3)], { receivedAt: now, dueAt: now })
    const due = await one.due({ now, limit: 10 })
    expect(due.map(({ event }) => event).toSorted((a, b) => (a.time < b.time ? -1 : 1))).toEqual([
      eventOf(1),
      eventOf(2),
      eventOf(3),
    ])
    expect(await other.due({ now, limit: 10 })).toEqual(due)
  })

  it('stay as they came first, in one delivery and in the next', async () => {
    await using state = sqliteMonitorState(':memory:')
    expect(await state.receive([eventOf(1), eventOf(1, '10.0.0.2')], { receivedAt: now, dueAt: now })).toBe(1)
    expect(await state.receive([eventOf(1, '10.0.0.3')], { receivedAt: now, dueAt: now })).toBe(0)
    const [pending] = await state.due({ now, limit: 10 })
    expect(pending!.event).toEqual(eventOf(1))
  })

  it('are read of one registry at a time, of that first which waited longest', async () => {
    await using state = sqliteMonitorState(':memory:')
    const later = (ms: number) => new Date(now.getTime() + ms)
    const of = (registry: string, number: number) => ({ ...eventOf(number), registry })
    await state.receive([of('a', 1)], { receivedAt: now, dueAt: later(3) })
    await state.receive([of('b', 2), of('c', 3)], { receivedAt: now, dueAt: later(2) })
    await state.receive([of('b', 4)], { receivedAt: now, dueAt: later(1) })
    await state.receive([of('d', 5)], { receivedAt: now, dueAt: later(9) })
    const read = async (except: readonly string[], limit = 10) =>
      (await state.due({ now: later(3), limit, except: new Set(except) })).map(({ event: { tag } }) => tag)
    expect(await state.nextDue()).toBe(later(1).toISOString())
    expect(await read([])).toEqual(['4', '2'])
    expect(await read([], 1)).toEqual(['4'])
    expect(await read(['b'])).toEqual(['3'])
    expect(await read(['b', 'c'])).toEqual(['1'])
    expect(await read(['a', 'b', 'c'])).toEqual([])
  })

  it('are judged by one process alone', async () => {
    const path = join(folder, 'monitor.db')
    await using one = sqliteMonitorState(path)
    await using other = sqliteMonitorState(path)
    await one.receive([eventOf(1)], { receivedAt: now, dueAt: now })
    const [pending] = await one.due({ now, limit: 10 })
    const explanation = { kind: 'unchanged', message: 'it is' } as const
    const judged = { ...batch, judged: [{ pending: pending!, explanation }] }
    expect((await other.commit(judged)).judged.size).toBe(1)
    expect(await one.due({ now, limit: 10 })).toEqual([])
    expect((await one.commit(judged)).judged.size).toBe(0)
  })
})

describe('an alert that was over and became worse', () => {
  const finding = (severity: 'medium' | 'high') => ({
    ...describeFinding('evidence-deleted', eventOf(1), { incident: 'evidence', severity, odd: [severity] }),
  })
  const settles = [{ incident: 'evidence', why: 'it is there again' }]

  it('is open again, and each message about it is queued, in order', async () => {
    await using state = sqliteMonitorState(':memory:')
    const told: string[] = []
    const outbox = state.openOutbox({
      sinks: [
        {
          name: 'list',
          send: async ({ id, severity, resolves, revision }) =>
            void told.push(`${resolves === undefined ? severity : `over ${id.slice(-5)}`} ${revision}`),
        },
      ],
      clock: { now: () => now },
    })
    const isOpen = async () => (await state.alerts({ open: true })).length === 1
    await state.commit({ ...batch, findings: [finding('medium')] })
    await state.commit({ ...batch, settles })
    expect(await isOpen()).toBe(false)
    // All of it in one transaction, too.
    await state.commit({ ...batch, findings: [finding('high'), finding('high')] })
    expect([await isOpen(), (await state.counts()).openAlerts]).toEqual([true, 1])
    await state.commit({ ...batch, settles })
    await state.commit({ ...batch, settles })
    expect(await isOpen()).toBe(false)
    while ((await outbox.step()).delivered > 0);
    expect(told).toEqual(['medium undefined', 'over -over undefined', 'high 1', 'over -over 1'])
  })

  it('is kept as it was by a monitor of the release before', async () => {
    const path = join(folder, 'monitor.db')
    const place = 'registry.example/prod/app'
    const document = JSON.stringify({ ...sampleAlert({ id: 'old', group: 'evidence', severity: 'medium' }) })
    await using old = openSqlite(path, versionOne)
    await old.query(`INSERT INTO monitor_alert VALUES ('old', 'evidence', '', $1, $1, $1, $1, 2, $2)`, [
      now.toISOString(),
      document,
    ])
    await old.query(`INSERT INTO monitor_part VALUES ($1, $2, 'parent', 'referrer', 'explained', NULL)`, [
      place,
      digestOf('part'),
    ])
    await using state = sqliteMonitorState(path)
    expect(await state.partOf(place, digestOf('part'))).toMatchObject([{ at: '' }])
    const { raised } = await state.commit({ ...batch, findings: [finding('high')] })
    expect(raised).toMatchObject([{ id: 'old', severity: 'high', revision: 3 }])
  })
})

/** Tables as the first version had them. */
const versionOne: Schema = {
  ...monitorSchema,
  version: 1,
  create: (dialect) =>
    monitorSchema
      .create(dialect)
      .map((statement) => statement.replace(/ right_at TEXT,|(?<=incident TEXT), at TEXT NOT NULL/, '')),
}
