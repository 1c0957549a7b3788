import { type Database, openSqlite } from '@sallyport/gate/database'
import type { Alert } from '../alert/alert.ts'
import { createOutbox } from '../outbox/create-outbox.ts'
import { enqueueAlerts } from '../outbox/enqueue-alerts.ts'
import type { Outbox } from '../outbox/outbox.ts'
import type { OutboxFailure, OutboxOptions } from '../outbox/outbox-options.ts'
import { outboxSchema } from '../outbox/outbox-schema.ts'
import type { AlertSink } from '../ports/alert-sink.ts'
import { sampleAlert } from './sample-alert.ts'

/** A clock that stands until it is moved. */
export interface TestClock {
  now(): Date
  advance(milliseconds: number): void
}

/** Makes a clock. */
function testClock(at = '2026-11-26T12:00:00.000Z'): TestClock {
  let time = Date.parse(at)
  return {
    now: () => new Date(time),
    advance: (milliseconds) => void (time += milliseconds),
  }
}

/** A sink that keeps what it is sent, after it has done what `before` says. */
export interface TestSink extends AlertSink {
  /** Ids, in their order. */
  readonly received: string[]
  readonly alerts: Alert[]
}

/** Makes a sink. */
export function testSink(
  name: string,
  before: (alert: Alert, signal: AbortSignal) => Promise<void> | void = () => undefined,
): TestSink {
  const alerts: Alert[] = []
  const received: string[] = []
  return {
    name,
    received,
    alerts,
    async send(alert, { signal }) {
      await before(alert, signal)
      alerts.push(alert)
      received.push(alert.id)
    },
  }
}

/** An outbox on a database of its own. */
export interface TestOutbox extends AsyncDisposable {
  readonly database: Database
  readonly outbox: Outbox
  readonly failures: OutboxFailure[]
  readonly clock: TestClock
  /** Queues alerts with these ids and groups, such as `a1` of group `a`. */
  enqueue(ids: readonly string[], fields?: Partial<Alert>): Promise<void>
  /** Another process on the same database. */
  another(sinks: readonly AlertSink[], options?: Partial<OutboxOptions>): Outbox
}

/** The tables of the outbox alone. */
export const testSchema = { part: 'monitor-outbox', version: 1, create: outboxSchema, upgrades: {} }

/** Opens an outbox; jitter is none. */
export function openTestOutbox(
  sinks: readonly AlertSink[],
  { path = ':memory:', ...options }: Partial<OutboxOptions> & { readonly path?: string } = {},
): TestOutbox {
  const database = options.database ?? openSqlite(path, testSchema)
  const clock = testClock()
  const failures: OutboxFailure[] = []
  const another = (sinks: readonly AlertSink[], more: Partial<OutboxOptions> = {}): Outbox =>
    createOutbox({
      database,
      sinks,
      clock,
      random: () => 1,
      onFailure: (failure) => void failures.push(failure),
      ...options,
      ...more,
    })
  return {
    database,
    clock,
    failures,
    outbox: another(sinks),
    another,
    async enqueue(ids, fields) {
      const alerts = ids.map((id) => sampleAlert({ id, group: id.replace(/\d+$/, ''), title: id, ...fields }))
      const names = sinks.map(({ name }) => name)
      await database.transaction((query) =>
        enqueueAlerts(query, alerts, names, clock.now(), { dialect: database.dialect }),
      )
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}
