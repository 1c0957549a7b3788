import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Database } from '@sallyport/gate/database'
import { openSqlite } from '@sallyport/gate/database'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Alert } from '../alert/alert.ts'
import type { RegistryEvent } from '../event/registry-event.ts'
import type { MonitorState } from '../ports/monitor-state.ts'
import { createMonitorState } from '../state/create-monitor-state.ts'
import { monitorSchema } from '../state/monitor-schema.ts'
import { sqliteMonitorState } from '../state/sqlite-monitor-state.ts'
import { actors, type MonitorTest, openMonitorTest } from './monitor-test.fixture.ts'

let test: MonitorTest
let events: readonly RegistryEvent[]

/** Promotions, a push of another hand, one that was put right, a rollback, a deletion; each told by several sources. */
beforeEach(async () => {
  test = await openMonitorTest()
  const told: RegistryEvent[] = []
  const tell = (event: Partial<RegistryEvent>) => {
    told.push(
      test.event(event),
      test.event({ ...event, digest: undefined, actor: actors.unknown, source: 'log' }),
    )
    test.advance(60_000)
  }
  const a = (await test.promote('a', '1')).raw
  tell({ digest: a.descriptor.digest, tag: '1' })
  const bad = (await test.push('bad', '1')).raw
  tell({ digest: bad.descriptor.digest, tag: '1', actor: actors.alice })
  await test.repository.putManifest(a, { tag: '1' })
  await test.note(a.descriptor.digest, '1')
  tell({ digest: a.descriptor.digest, tag: '1' })
  const old = (await test.promote('old', '2')).raw
  tell({ digest: old.descriptor.digest, tag: '2' })
  test.advance(700_000)
  const b = (await test.promote('b', '2')).raw
  tell({ digest: b.descriptor.digest, tag: '2' })
  test.advance(700_000)
  await test.repository.putManifest(old, { tag: '2' })
  tell({ digest: old.descriptor.digest, tag: '2', actor: actors.alice })
  const c = (await test.promote('c', '3')).raw
  tell({ digest: c.descriptor.digest, tag: '3' })
  await test.repository.deleteManifest(c.descriptor.digest)
  told.push(
    test.event({ action: 'manifest-deleted', digest: c.descriptor.digest }),
    test.event({ action: 'tag-deleted', tag: '3' }),
  )
  events = told
}, 60_000)
afterEach(() => test[Symbol.asyncDispose]())

const named = (alerts: readonly Alert[]) =>
  alerts
    .map(({ id, kind, tag, group }) => ({ id, kind, tag, group }))
    .sort((one, other) => (one.id < other.id ? -1 : 1))

async function judge(
  state: MonitorState,
  batches: readonly (readonly RegistryEvent[])[],
  sent: string[] = [],
): Promise<readonly Alert[]> {
  const sinks = [{ name: 'list', send: async ({ id }: Alert) => void sent.push(id) }]
  let lateMs = 0
  const clock = { now: () => new Date(test.now().getTime() + lateMs) }
  const monitor = test.open({ state, evidenceWaitMs: 0, sinks, clock })
  for (const batch of batches) {
    await monitor.ingest(batch)
    await monitor.step()
    await monitor.outbox.step()
  }
  for (let turns = 0; turns < 3; turns++) await monitor.step()
  // Past the lease of a process that was killed.
  lateMs = 120_000
  await monitor.outbox.step()
  return await state.alerts()
}

describe('the order of events', () => {
  it('does not change which alerts there are', { timeout: 120_000 }, async () => {
    await using state = sqliteMonitorState(':memory:')
    const expected = named(await judge(state, [events]))
    expect(expected.map(({ kind }) => kind).sort()).toEqual([
      'manifest-deleted',
      'rollback',
      'unauthorised-push',
    ])
    const shuffled = fc
      .shuffledSubarray([...events, ...events.slice(0, 6)], { minLength: events.length + 6 })
      .chain((all) => fc.nat(all.length).map((at) => [all.slice(0, at), all.slice(at)]))
    await fc.assert(
      fc.asyncProperty(shuffled, async (batches) => {
        await using state = sqliteMonitorState(':memory:')
        expect(named(await judge(state, batches))).toEqual(expected)
      }),
      { numRuns: 12 },
    )
  })
})

describe('a monitor that is killed', () => {
  it('loses nothing and doubles nothing, wherever that is', { timeout: 120_000 }, async () => {
    await using whole = sqliteMonitorState(':memory:')
    const expected = named(await judge(whole, [events.slice(0, 7), events.slice(7)]))
    const directory = mkdtempSync(join(tmpdir(), 'sallyport-monitor-'))
    try {
      let crashes = 0
      for (let at = 1, isDone = false; !isDone; at++) {
        const path = join(directory, `${at}.db`)
        const broken = createMonitorState(breakAfter(openSqlite(path, monitorSchema), at))
        const sent: string[] = []
        isDone = await judge(broken, [events.slice(0, 7), events.slice(7)], sent).then(
          () => true,
          () => false,
        )
        await broken[Symbol.asyncDispose]()
        crashes += isDone ? 0 : 1
        await using state = sqliteMonitorState(path)
        // Sources deliver again what was not taken.
        expect(named(await judge(state, [events.slice(0, 7), events.slice(7)], sent))).toEqual(expected)
        expect([...new Set(sent)].sort()).toEqual(expected.map(({ id }) => id))
        // What was sent and could not be marked as such is sent again, and nothing else.
        expect(sent.length).toBeLessThanOrEqual(expected.length + 1)
      }
      expect(crashes).toBeGreaterThan(10)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})

/** Lets so many statements through; those within a transaction count too. */
function breakAfter(database: Database, statements: number): Database {
  let left = statements
  const guard =
    (query: Database['query']): Database['query'] =>
    async (sql, parameters) => {
      if (/^\s*SELECT/.test(sql)) return await query(sql, parameters)
      if (left-- <= 0) throw new Error('killed')
      return await query(sql, parameters)
    }
  return {
    ...database,
    query: guard(database.query),
    transaction: (work) => database.transaction((query) => work(guard(query))),
  }
}
