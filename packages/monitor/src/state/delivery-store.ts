import type { Database } from '@sallyport/gate/database'
import type { Alert } from '../alert/alert.ts'
import type { AlertQueue } from '../ports/alert-queue.ts'

/** What waits for sinks. */
export function deliveryStore({ query, dialect }: Database): AlertQueue {
  const table = dialect.table('monitor_delivery')
  return {
    async waiting(sink, { now, limit = 100 }) {
      const rows = await query(
        `SELECT entry, document, since, tries FROM ${table} WHERE sink = $1 AND due_at <= $2
         ORDER BY since, entry LIMIT ${Math.trunc(Math.min(Math.max(limit, 1), 1000))}`,
        [sink, now.toISOString()],
      )
      return rows.map((row) => ({
        entry: String(row['entry']),
        alert: JSON.parse(String(row['document'])) as Alert,
        since: String(row['since']),
        tries: Number(row['tries']),
      }))
    },
    async delivered(sink, entries) {
      await query(
        `DELETE FROM ${table} WHERE sink = $1 AND entry IN (SELECT a FROM ${dialect.triples('$2')} AS had)`,
        [sink, JSON.stringify(entries.map((entry) => [entry, '', '']))],
      )
    },
    async postpone(sink, entry, { until, error }) {
      await query(
        `UPDATE ${table} SET due_at = $3, error = $4, tries = tries + 1 WHERE sink = $1 AND entry = $2`,
        [sink, entry, until.toISOString(), error.slice(0, 1000)],
      )
    },
    async lengths() {
      const rows = await query(
        `SELECT sink, count(*) AS alerts, min(since) AS since FROM ${table} GROUP BY sink ORDER BY sink`,
      )
      return rows.map((row) => ({
        sink: String(row['sink']),
        alerts: Number(row['alerts']),
        since: String(row['since']),
      }))
    },
  }
}
