import { type Database, queryPage, type SqlValue } from '@sallyport/gate/database'
import type { Clock } from '@sallyport/core'
import type { Alert } from '../alert/alert.ts'
import { shortId } from '../sinks/fit-alert.ts'
import type { DeadLetterChoice, Outbox } from './outbox.ts'
import { digestGroup, outboxTables } from './outbox-schema.ts'

/** What is in an outbox, and what becomes of dead letters. */
export function outboxListing(
  database: Database,
  clock: Clock,
): Pick<Outbox, 'pending' | 'deadLetters' | 'retry' | 'discard' | 'summedUp'> {
  const { alerts, deliveries, sinks } = outboxTables(database.dialect)
  const chosen = ({ sink, id }: DeadLetterChoice, parameters: SqlValue[]): string => {
    const conditions = [`state = 'dead'`]
    if (sink !== undefined) conditions.push(`sink = $${parameters.push(sink)}`)
    // An alert that was sent anew after it had changed is queued under its id and a number.
    if (id !== undefined) conditions.push(`alert_id = $${parameters.push(shortId(id))}`)
    return conditions.join(' AND ')
  }
  return {
    async pending() {
      const rows = await database.query(
        `SELECT d.sink, s.paused_until, s.error,
           SUM(CASE WHEN d.state <> 'dead' THEN 1 ELSE 0 END) AS waiting,
           SUM(CASE WHEN d.state = 'dead' THEN 1 ELSE 0 END) AS dead,
           MIN(CASE WHEN d.state <> 'dead' THEN d.queued_at END) AS since
         FROM ${deliveries} d LEFT JOIN ${sinks} s ON s.sink = d.sink
         WHERE d.state IN ('waiting', 'summed', 'dead') AND d.chain <> '${digestGroup}'
         GROUP BY d.sink, s.paused_until, s.error ORDER BY d.sink`,
      )
      return rows.map((row) => ({
        sink: String(row['sink']),
        waiting: Number(row['waiting']),
        deadLetters: Number(row['dead']),
        ...textField('since', row['since']),
        ...textField('pausedUntil', row['paused_until']),
        ...textField('error', row['error']),
      }))
    },
    deadLetters: ({ sink, limit, cursor } = {}) =>
      queryPage(database.query, {
        columns: '*',
        table: `(
          SELECT d.sink, d.entry, d.attempts, d.error, d.ended_at, a.document
          FROM ${deliveries} d JOIN ${alerts} a ON a.entry = d.entry WHERE d.state = 'dead') dead`,
        conditions: [['sink = ?', sink]],
        order: ['ended_at', 'sink', 'entry'],
        toItem: (row) => ({
          sink: String(row['sink']),
          alert: JSON.parse(String(row['document'])) as Alert,
          attempts: Number(row['attempts']),
          error: String(row['error']),
          at: String(row['ended_at']),
        }),
        ...(limit !== undefined && { limit }),
        ...(cursor !== undefined && { cursor }),
      }),
    async retry(choice) {
      const parameters: SqlValue[] = [clock.now().toISOString()]
      const rows = await database.query(
        `UPDATE ${deliveries} SET state = 'waiting', queued_at = $1, due_at = $1, attempts = 0, ended_at = NULL
         WHERE ${chosen(choice, parameters)} RETURNING entry`,
        parameters,
      )
      return rows.length
    },
    async discard(choice) {
      const parameters: SqlValue[] = []
      const rows = await database.query(
        `DELETE FROM ${deliveries} WHERE ${chosen(choice, parameters)} RETURNING entry`,
        parameters,
      )
      return rows.length
    },
    async summedUp(id) {
      const rows = await database.query(
        `SELECT DISTINCT a.entry, a.document FROM ${deliveries} d JOIN ${alerts} a ON a.entry = d.entry
         WHERE d.digest = $1 ORDER BY a.entry`,
        [shortId(id)],
      )
      return rows.map((row) => JSON.parse(String(row['document'])) as Alert)
    },
  }
}

function textField<Name extends string>(name: Name, value: unknown): { readonly [Key in Name]?: string } {
  return typeof value === 'string' ? ({ [name]: value } as { readonly [Key in Name]?: string }) : {}
}
