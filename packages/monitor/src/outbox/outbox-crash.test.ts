import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type Database, openSqlite } from '@sallyport/gate/database'
import * as fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { MonitorError } from '../errors.ts'
import { openTestOutbox, testSchema, testSink } from '../testing/open-test-outbox.ts'
import { sampleAlert } from '../testing/sample-alert.ts'
import { enqueueAlerts } from './enqueue-alerts.ts'

let folder: string
let path: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sallyport-outbox-'))
  path = join(folder, 'monitor.db')
})
afterEach(() => rmSync(folder, { recursive: true }))

describe('a process that is killed between sending and noting it', () => {
  const program = fileURLToPath(new URL('send-and-die.fixture.ts', import.meta.url))

  it('leaves the alert to the next one, which sends it with the same id', { timeout: 60_000 }, async () => {
    const { stdout, signal } = spawnSync(
      process.execPath,
      ['--conditions=@sallyport/source', program, path],
      {
        encoding: 'utf8',
      },
    )
    expect({ stdout, signal }).toEqual({ stdout: 'a1\n', signal: 'SIGKILL' })
    const sink = testSink('one')
    await using test = openTestOutbox([sink], { path })
    // The lease of the dead one lasts for a minute.
    expect(await test.outbox.step()).toMatchObject({ delivered: 0 })
    test.clock.advance(60_000)
    await test.outbox.step()
    expect(sink.received).toEqual(['a1', 'a2'])
  })
})

describe('a database that fails at any statement', () => {
  /** Fails once, at the statement with this number. */
  function failingAt(database: Database, number: number): Database {
    let count = 0
    const wrap =
      (query: Database['query']): Database['query'] =>
      (sql, parameters) =>
        ++count === number ? Promise.reject(new Error('cut off')) : query(sql, parameters)
    return {
      ...database,
      query: wrap(database.query),
      transaction: (work) => database.transaction((query) => work(wrap(query))),
    }
  }

  it('queues all alerts or none', async () => {
    await using database = openSqlite(path, testSchema)
    const alerts = ['a', 'b'].map((id) => sampleAlert({ id }))
    for (let number = 1; number <= 6; number++) {
      const queued = failingAt(database, number).transaction((query) =>
        enqueueAlerts(query, alerts, ['one', 'two'], new Date(), { dialect: database.dialect }),
      )
      await expect(queued).rejects.toThrow('cut off')
      expect(await database.query('SELECT entry FROM monitor_outbox_alert')).toEqual([])
      expect(await database.query('SELECT entry FROM monitor_outbox_delivery')).toEqual([])
    }
  })

  it('loses no alert and no order, wherever it is', async () => {
    for (let number = 1; number <= 40; number++) {
      const sink = testSink('one')
      await using test = openTestOutbox([sink], { maxPerMinute: { one: 3 } })
      await test.enqueue(['a1', 'a2', 'b1', 'b2', 'c1', 'c2'])
      const failing = test.another([sink], { database: failingAt(test.database, number) })
      await failing.step().catch((error: unknown) => expect(String(error)).toContain('cut off'))
      for (let n = 0; n < 6; n++) {
        test.clock.advance(61_000)
        await test.outbox.step()
      }
      expect(await test.outbox.pending()).toEqual([])
      const order: string[] = []
      for (const { id } of sink.alerts) {
        const summed = await test.outbox.summedUp(id)
        order.push(...(summed.length > 0 ? summed.map((alert) => alert.id) : [id]))
      }
      expect([...new Set(order)].toSorted()).toEqual(['a1', 'a2', 'b1', 'b2', 'c1', 'c2'])
      for (const group of ['a', 'b', 'c']) {
        expect(order.indexOf(`${group}1`)).toBeLessThan(order.lastIndexOf(`${group}2`))
      }
    }
  })
})

describe('any sequence of failures', () => {
  const outcome = fc.constantFrom('ok', 'ok', 'down', 'busy', 'refused', 'sent but failed')
  const round = fc.record({
    queued: fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }),
    severity: fc.constantFrom('critical', 'low'),
    outcomes: fc.array(outcome, { minLength: 1, maxLength: 6 }),
    waitMs: fc.constantFrom(1, 1000, 30_000, 3_600_000),
    isRestarted: fc.boolean(),
  })

  it('ends with each alert delivered at least once, in the order of its group, or among the dead letters', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(round, { minLength: 1, maxLength: 8 }),
        fc.option(fc.integer({ min: 2, max: 4 }), { nil: undefined }),
        async (rounds, limit) => {
          let outcomes: string[] = []
          const seen: string[] = []
          const sink = testSink('one', ({ id }) => {
            const next = outcomes.shift() ?? 'ok'
            if (next === 'ok' || next === 'sent but failed') seen.push(id)
            if (next === 'down' || next === 'sent but failed') throw new Error('down')
            if (next === 'busy')
              throw new MonitorError('SINK_FAILED', 'busy', { retryable: true, retryAfterMs: 90_000 })
            if (next === 'refused') throw new MonitorError('SINK_FAILED', 'refused')
          })
          const maxPerMinute = limit === undefined ? {} : { one: limit }
          await using test = openTestOutbox([sink], { maxPerMinute })
          const all: string[] = []
          let { outbox } = test
          for (const { queued, severity, waitMs, isRestarted, ...rest } of rounds) {
            outcomes = [...rest.outcomes]
            const ids = queued.map((group, n) => `${group}${String(all.length + n).padStart(4, '0')}`)
            all.push(...ids)
            await test.enqueue(ids, { severity })
            await outbox.step()
            test.clock.advance(waitMs)
            if (isRestarted) outbox = test.another([sink])
          }
          outcomes = []
          for (let n = 0; n < all.length + 3; n++) {
            test.clock.advance(3_600_000)
            await outbox.step()
          }
          expect((await outbox.pending()).every(({ waiting }) => waiting === 0)).toBe(true)
          const dead = (await outbox.deadLetters({ limit: 1000 })).items.map(({ alert }) => alert.id)
          const order: string[] = []
          for (const id of seen) {
            const summed = (await outbox.summedUp(id)).map((alert) => alert.id)
            order.push(...(id.startsWith('digest:') ? summed : [id]))
          }
          const delivered = [...new Set(order)]
          expect([...new Set([...delivered, ...dead])].toSorted()).toEqual(all.toSorted())
          for (const group of ['a', 'b', 'c', 'd']) {
            const ofGroup = delivered.filter((id) => id.startsWith(group))
            expect(ofGroup).toEqual(ofGroup.toSorted())
          }
        },
      ),
      { numRuns: 60 },
    )
  })
})
