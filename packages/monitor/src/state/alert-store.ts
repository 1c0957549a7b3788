import { createHash } from 'node:crypto'
import type { Dialect, Query, Row } from '@sallyport/gate/database'
import type { Alert } from '../alert/alert.ts'
import { enqueueAlerts } from '../outbox/enqueue-alerts.ts'
import type { JudgedBatch, MonitorState } from '../ports/monitor-state.ts'
import type { Finding, Settlement } from '../judge/finding.ts'
import type { RegistryEvent } from '../event/registry-event.ts'
import { joinAlert, type KeptAlert, resolveAlert } from './join-alert.ts'

/** Name of the note that differs each time that alerts are forgotten. */
const forgottenNote = 'alerts forgotten'

/** An event with what was found. */
export interface Found {
  readonly finding: Finding
  /** Default: none; it was found otherwise. */
  readonly event?: RegistryEvent | undefined
}

/** Writes alerts within a transaction; what it has read stays as it is until {@link AlertWriter.save}. */
export interface AlertWriter {
  /** Reads the alerts of incidents that will be asked for, in one go. */
  read(incidents: readonly string[]): Promise<void>
  /** Joins an event with the alert of its incident. */
  raise(found: Found): Promise<Alert>
  /** Ends alerts. */
  settle(settlement: Settlement, why: string): Promise<void>
  /** Writes it all, and queues for each sink what is news. Resolves with the news. */
  save(sinks: readonly string[]): Promise<readonly Alert[]>
}

/** Opens a writer of alerts for one transaction. */
export function openAlertWriter(
  query: Query,
  dialect: Dialect,
  { now }: Pick<JudgedBatch, 'now'>,
): AlertWriter {
  const table = dialect.table('monitor_alert')
  const incidents = new Map<string, KeptAlert[]>()
  const changed = new Set<string>()
  const news = new Map<string, Alert>()
  let forgotten: string | undefined

  const read = async (incident: string): Promise<KeptAlert[]> => {
    const found = incidents.get(incident)
    if (found) return found
    const rows = await query(`SELECT * FROM ${table} WHERE incident = $1 ORDER BY raised_at, id`, [incident])
    const kept = rows.map(toKept)
    incidents.set(incident, kept)
    return kept
  }
  const keep = (incident: string, kept: KeptAlert): void => {
    const all = incidents.get(incident)!
    const position = all.findIndex(({ alert }) => alert.id === kept.alert.id)
    if (position < 0) all.push(kept)
    else all[position] = kept
    changed.add(incident)
  }

  return {
    async read(wanted) {
      const names = [...new Set(wanted)].filter((each) => !incidents.has(each))
      if (names.length === 0) return
      const rows = await query(
        `SELECT alert.* FROM ${dialect.triples('$1')} AS told CROSS JOIN ${table} AS alert
         WHERE alert.incident = told.a ORDER BY alert.raised_at, alert.id`,
        [JSON.stringify(names.map((each) => [each, '', '']))],
      )
      for (const name of names) incidents.set(name, [])
      for (const row of rows) incidents.get(String(row['incident']))!.push(toKept(row))
    },
    async raise({ finding, event }) {
      forgotten ??= String(
        (
          await query(`SELECT value FROM ${dialect.table('monitor_note')} WHERE name = $1`, [forgottenNote])
        )[0]?.['value'] ?? '',
      )
      const { kept, isNews } = joinAlert(await read(finding.incident), finding, event, { now, forgotten })
      keep(finding.incident, kept)
      const { id } = kept.alert
      const isTold = news.has(id)
      // After what took it back before.
      if (isNews) news.delete(id)
      // Its last state of this transaction, however often it was changed.
      if (isNews || isTold) news.set(id, kept.alert)
      return kept.alert
    },
    async settle({ incident, before, kinds }, why) {
      for (const kept of await read(incident)) {
        if (kept.isOver) continue
        if (before !== undefined && kept.lastAt >= before) continue
        if (kinds && !kinds.includes(kept.alert.kind)) continue
        const instant = now.toISOString()
        // Not when that was noticed: the same may have been done once more by then.
        const endedAt = before !== undefined && before < instant ? before : instant
        const rightAt = kept.rightAt !== undefined && kept.rightAt > endedAt ? kept.rightAt : endedAt
        keep(incident, { ...kept, rightAt, isOver: true })
        const over = resolveAlert(kept.alert, now, why)
        news.delete(over.id)
        news.set(over.id, over)
      }
    },
    async save(sinks) {
      for (const incident of changed) {
        for (const kept of incidents.get(incident)!) await write(kept)
      }
      const raised = [...news.values()]
      const entryOf = ({ id, revision = 0 }: Alert) => `${id}#${revision}`
      await enqueueAlerts(query, raised, sinks, now, { dialect, entryOf })
      return raised
    },
  }

  async function write({ alert, epoch, firstAt, lastAt, rightAt, isOver }: KeptAlert): Promise<void> {
    await query(
      `INSERT INTO ${table} (id, incident, epoch, first_at, last_at, raised_at, resolved_at, right_at, revision, document)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
       ON CONFLICT (id) DO UPDATE SET first_at = excluded.first_at, last_at = excluded.last_at,
         resolved_at = excluded.resolved_at, right_at = excluded.right_at, revision = excluded.revision,
         document = excluded.document`,
      [
        alert.id,
        alert.group,
        epoch,
        firstAt,
        lastAt,
        alert.at,
        isOver ? (rightAt ?? null) : null,
        rightAt ?? null,
        alert.revision ?? 0,
        JSON.stringify(alert),
      ],
    )
  }
}

/** Forgets alerts that were over before an instant, within a transaction. */
export async function forgetAlerts(query: Query, dialect: Dialect, before: string): Promise<void> {
  const rows = await query(
    `DELETE FROM ${dialect.table('monitor_alert')} WHERE resolved_at < $1 RETURNING id`,
    [before],
  )
  if (rows.length === 0) return
  const ids = rows.map(({ id }) => String(id)).sort()
  // Of what was forgotten, and not when: two may do so at the same instant.
  await query(
    `INSERT INTO ${dialect.table('monitor_note')} (name, value) VALUES ($1, $2)
     ON CONFLICT (name) DO UPDATE SET value = excluded.value`,
    [forgottenNote, createHash('sha256').update(JSON.stringify(ids)).digest('hex')],
  )
}

/** Lists alerts, the latest first. */
export function alertStore(query: Query, dialect: Dialect): Pick<MonitorState, 'alerts'> {
  return {
    async alerts({ open = false, limit = 100 } = {}) {
      const rows = await query(
        `SELECT document FROM ${dialect.table('monitor_alert')} ${open ? 'WHERE resolved_at IS NULL' : ''}
         ORDER BY raised_at DESC, id DESC LIMIT ${Math.trunc(Math.min(Math.max(limit, 1), 1000))}`,
      )
      return rows.map((row) => JSON.parse(String(row['document'])) as Alert)
    },
  }
}

function toKept(row: Row): KeptAlert {
  const revision = Number(row['revision'])
  return {
    alert: { ...(JSON.parse(String(row['document'])) as Alert), ...(revision > 0 && { revision }) },
    epoch: String(row['epoch']),
    firstAt: String(row['first_at']),
    lastAt: String(row['last_at']),
    rightAt: row['right_at'] === null ? undefined : String(row['right_at']),
    isOver: row['resolved_at'] !== null,
  }
}
