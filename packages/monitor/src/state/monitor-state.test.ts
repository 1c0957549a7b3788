import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { RegistryEvent } from '../event/registry-event.ts'
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
    const batch = {
      now,
      judged: [{ pending: pending!, explanation: { kind: 'unchanged', message: 'it is' } as const }],
      postponed: [],
      findings: [],
      settles: [],
      probes: [],
      probesAt: now,
      tags: [],
      goneTags: [],
      parts: [],
      goneParts: [],
      sinks: [],
    }
    expect((await other.commit(batch)).judged.size).toBe(1)
    expect(await one.due({ now, limit: 10 })).toEqual([])
    expect((await one.commit(batch)).judged.size).toBe(0)
  })
})
