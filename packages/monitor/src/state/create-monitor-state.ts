import type { Database, Row } from '@sallyport/gate/database'
import type { Alert } from '../alert/alert.ts'
import type { RegistryEvent } from '../event/registry-event.ts'
import { createBoundedMap } from '../judge/bounded-map.ts'
import type { Settlement } from '../judge/finding.ts'
import { createOutbox } from '../outbox/create-outbox.ts'
import type { JudgedBatch, MonitorState, PendingEvent, PostponedEvent } from '../ports/monitor-state.ts'
import { alertStore, forgetAlerts, openAlertWriter } from './alert-store.ts'
import { eventKey } from './event-key.ts'
import { knowledgeStore, writeKnowledge, writeSources } from './knowledge-store.ts'

interface Recent {
  readonly event: RegistryEvent
  /** Of the event as JSON. */
  readonly length: number
}

const maxRecentLength = 16 * 1024 * 1024

/** The state of a monitor on a database whose tables are those of `monitorSchema`; it is closed with the state. */
export function createMonitorState(database: Database): MonitorState {
  const { query, dialect } = database
  const table = dialect.table('monitor_event')
  const count = dialect.table('monitor_count')
  /** What was received lately, so that it need not be read again to be judged. */
  const recent = createBoundedMap<string, Recent>(maxRecentLength, ({ length }) => length)

  const insert = async (
    run: typeof query,
    events: readonly RegistryEvent[],
    {
      receivedAt,
      dueAt,
      queueOf = ({ registry }) => registry,
    }: Omit<Parameters<MonitorState['receive']>[1], 'sources'>,
  ): Promise<number> => {
    if (events.length === 0) return 0
    const rows = events.map((event) => [eventKey(event), queueOf(event), JSON.stringify(event)])
    const added = await run(
      `INSERT INTO ${table} (key, registry, document, received_at, due_at)
       SELECT a, b, c, CAST($2 AS TEXT), CAST($3 AS TEXT) FROM ${dialect.triples('$1')} AS told WHERE true
       ON CONFLICT (key) DO NOTHING RETURNING key`,
      [JSON.stringify(rows), receivedAt.toISOString(), dueAt.toISOString()],
    )
    const isNew = new Set(added.map(({ key }) => key))
    for (const [at, [key, , document]] of rows.entries()) {
      // Of several with one key the first is kept.
      if (isNew.delete(key!)) recent.set(key!, { event: events[at]!, length: document!.length })
    }
    return added.length
  }

  /** Gives the keys of those that still wait. */
  const postpone = async (
    run: typeof query,
    all: readonly PostponedEvent[],
  ): Promise<ReadonlySet<string>> => {
    const waiting = new Set<string>()
    for (const isReported of [false, true]) {
      const rows = all.flatMap(({ pending, until, failingSince, finding }) =>
        isReported === (finding !== undefined)
          ? [[pending.key, until.toISOString(), failingSince ?? '']]
          : [],
      )
      if (rows.length === 0) continue
      const written = await run(
        `UPDATE ${table} SET due_at = told.b, tries = tries + 1, failing_since = nullif(told.c, '')
           ${isReported ? ', reported = 1' : ''}
         FROM ${dialect.triples('$1')} AS told
         WHERE ${table}.key = told.a AND ${table}.outcome IS NULL RETURNING ${table}.key`,
        [JSON.stringify(rows)],
      )
      for (const row of written) waiting.add(String(row['key']))
    }
    const told = all.flatMap(({ pending: { key }, finding }) =>
      finding && waiting.has(key) ? [[key, finding.incident, '']] : [],
    )
    if (told.length > 0)
      await run(
        `UPDATE ${table} SET detail = told.b FROM ${dialect.triples('$1')} AS told WHERE ${table}.key = told.a`,
        [JSON.stringify(told)],
      )
    return waiting
  }

  /** Whether an alert says of other events of an incident, which still wait, that they could not be judged. */
  const isAnyTold = async (run: typeof query, queue: string, incident: string): Promise<boolean> => {
    const rows = await run(
      `SELECT 1 FROM ${table} WHERE registry = $1 AND due_at IS NOT NULL AND reported = 1 AND detail = $2 LIMIT 1`,
      [queue, incident],
    )
    return rows.length > 0
  }

  /** Registries with waiting events, and when the first of those is due, the earliest first. Looks at one row of each. */
  const listWaiting = async (): Promise<readonly { readonly registry: string; readonly dueAt: string }[]> => {
    const rows = await query(
      `WITH RECURSIVE known(registry) AS (
         SELECT min(registry) FROM ${table} WHERE due_at IS NOT NULL
         UNION ALL
         SELECT (SELECT min(waiting.registry) FROM ${table} AS waiting
                 WHERE waiting.due_at IS NOT NULL AND waiting.registry > known.registry)
         FROM known WHERE known.registry IS NOT NULL
       )
       SELECT registry, (SELECT min(waiting.due_at) FROM ${table} AS waiting
                         WHERE waiting.due_at IS NOT NULL AND waiting.registry = known.registry) AS due_at
       FROM known WHERE registry IS NOT NULL ORDER BY due_at, registry`,
    )
    return rows.map((row) => ({ registry: String(row['registry']), dueAt: String(row['due_at']) }))
  }

  return {
    openOutbox: (options) => createOutbox({ ...options, database }),
    ...alertStore(query, dialect),
    ...knowledgeStore(database),
    receive: async (events, { sources = [], ...options }) =>
      sources.length === 0
        ? await insert(query, events, options)
        : await database.transaction(async (query) => {
            await writeSources(query, database, sources)
            return await insert(query, events, options)
          }),
    async due({ now, limit, except }) {
      const instant = now.toISOString()
      const next = (await listWaiting()).find(
        ({ registry, dueAt }) => dueAt <= instant && except?.has(registry) !== true,
      )
      if (!next) return []
      const rows = await query(
        `SELECT key, registry, received_at, tries, failing_since, reported FROM ${table}
         WHERE registry = $1 AND due_at <= $2 ORDER BY due_at LIMIT ${Math.trunc(limit)}`,
        [next.registry, instant],
      )
      const unknown = rows.map(({ key }) => String(key)).filter((key) => recent.get(key) === undefined)
      const documents = new Map<string, RegistryEvent>()
      if (unknown.length > 0) {
        const told = await query(
          `SELECT known.key, known.document FROM ${dialect.triples('$1')} AS told
           CROSS JOIN ${table} AS known WHERE known.key = told.a`,
          [JSON.stringify(unknown.map((key) => [key, '', '']))],
        )
        for (const { key, document } of told)
          documents.set(String(key), JSON.parse(String(document)) as RegistryEvent)
      }
      // One that is gone by now was judged by another process.
      return rows.flatMap((row) => {
        const key = String(row['key'])
        const event = documents.get(key) ?? recent.get(key)?.event
        return event ? [toPending(row, event)] : []
      })
    },
    async nextDue() {
      return (await listWaiting())[0]?.dueAt
    },
    commit: (batch) =>
      database.transaction(async (query) => {
        const at = batch.now.toISOString()
        const outcomes = batch.judged.map((judged) =>
          'finding' in judged
            ? [judged.pending.key, 'alert', judged.finding.incident]
            : [judged.pending.key, 'explained', JSON.stringify(judged.explanation)],
        )
        // Another process may have judged some of them meanwhile: what it said stands.
        const done = await query(
          `UPDATE ${table} SET due_at = NULL, outcome = told.b, detail = told.c, judged_at = $2
           FROM ${dialect.triples('$1')} AS told
           WHERE ${table}.key = told.a AND ${table}.outcome IS NULL RETURNING ${table}.key`,
          [JSON.stringify(outcomes), at],
        )
        const judged = new Set(done.map((row) => String(row['key'])))
        for (const { pending } of batch.judged) recent.delete(pending.key)
        const writer = openAlertWriter(query, dialect, batch)
        await writer.read(incidentsOf(batch))
        const alerts = new Map<string, Alert>()
        const waiting = await postpone(query, batch.postponed)
        const readable = new Map<string, { settlement: Settlement; why: string; pending: PendingEvent }>()
        for (const { pending, finding } of batch.postponed) {
          if (finding && !pending.isReported && waiting.has(pending.key))
            alerts.set(pending.key, await writer.raise({ finding, event: pending.event }))
        }
        for (const each of batch.judged) {
          const { pending, settles = [] } = each
          if (!judged.has(pending.key)) continue
          if ('finding' in each)
            alerts.set(pending.key, await writer.raise({ finding: each.finding, event: pending.event }))
          const why =
            'finding' in each ? 'it could be judged; see the alert about it' : each.explanation.message
          for (const settlement of settles) {
            if (settlement.isLastOnly) readable.set(settlement.incident, { settlement, why, pending })
            else await writer.settle(settlement, why)
          }
        }
        for (const { settlement, why, pending } of readable.values()) {
          if (!(await isAnyTold(query, pending.queue, settlement.incident)))
            await writer.settle(settlement, why)
        }
        for (const finding of batch.findings) await writer.raise({ finding })
        for (const { why, ...settlement } of batch.settles) await writer.settle(settlement, why)
        await countOutcomes(batch, judged)
        await writeKnowledge(query, database, batch)
        const { probes, probesAt, queueOf } = batch
        await insert(query, probes, { receivedAt: batch.now, dueAt: probesAt, queueOf })
        return { alerts, judged, raised: await writer.save(batch.sinks) }

        async function countOutcomes({ judged: all }: JudgedBatch, here: ReadonlySet<string>): Promise<void> {
          for (const outcome of ['alert', 'explained']) {
            const events = all.filter(
              (each) => here.has(each.pending.key) && 'finding' in each === (outcome === 'alert'),
            ).length
            if (events === 0) continue
            await query(
              `INSERT INTO ${count} AS kept (outcome, events) VALUES ($1, $2)
               ON CONFLICT (outcome) DO UPDATE SET events = kept.events + excluded.events`,
              [outcome, events],
            )
          }
        }
      }),
    async counts() {
      const [row] = await query(
        `SELECT (SELECT count(*) FROM ${table} WHERE due_at IS NOT NULL) AS waiting,
                (SELECT events FROM ${count} WHERE outcome = 'explained') AS explained,
                (SELECT events FROM ${count} WHERE outcome = 'alert') AS alerted,
                (SELECT count(*) FROM ${dialect.table('monitor_alert')} WHERE resolved_at IS NULL) AS open`,
      )
      const number = (name: string) => Number(row?.[name] ?? 0)
      return {
        waiting: number('waiting'),
        explained: number('explained'),
        alerted: number('alerted'),
        openAlerts: number('open'),
      }
    },
    prune: ({ before }) =>
      database.transaction(async (query) => {
        const instant = before.toISOString()
        await forgetAlerts(query, dialect, instant)
        return (await query(`DELETE FROM ${table} WHERE judged_at < $1 RETURNING 1`, [instant])).length
      }),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}

/** Incidents that a batch may write to. */
function incidentsOf({ judged, postponed, findings, settles }: JudgedBatch): readonly string[] {
  return [
    ...judged.flatMap((each) => [
      ...('finding' in each ? [each.finding.incident] : []),
      ...(each.settles ?? []).map(({ incident }) => incident),
    ]),
    ...[...postponed.flatMap(({ finding }) => finding ?? []), ...findings, ...settles].map(
      ({ incident }) => incident,
    ),
  ]
}

function toPending(row: Row, event: RegistryEvent): PendingEvent {
  return {
    key: String(row['key']),
    queue: String(row['registry']),
    event,
    receivedAt: String(row['received_at']),
    tries: Number(row['tries']),
    failingSince: row['failing_since'] === null ? undefined : String(row['failing_since']),
    isReported: Number(row['reported']) === 1,
  }
}
