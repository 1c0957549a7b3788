import type { Dialect, Query } from '@sallyport/gate/database'
import type { Alert, AlertSeverity } from '../alert/alert.ts'
import { shortId } from '../sinks/fit-alert.ts'
import { outboxTables } from './outbox-schema.ts'

/** Options of {@link enqueueAlerts}. */
export interface EnqueueOptions {
  /** Of the database that `query` asks. */
  readonly dialect: Dialect
  /**
   * Names what is queued: what was queued under this name is not queued again. Default: the alert's id; add a number to it
   * to send an alert anew that has changed.
   */
  readonly entryOf?: ((alert: Alert) => string) | undefined
}

/** How urgent an alert is; the least number is the first. */
export const urgencies: Readonly<Record<AlertSeverity, number>> = { critical: 0, high: 1, medium: 2, low: 3 }

/**
 * Queues alerts for sinks, within the transaction that raises them: both are kept, or neither. In each sink alerts of one
 * group come out in the order in which they went in.
 */
export async function enqueueAlerts(
  query: Query,
  alerts: readonly Alert[],
  sinkNames: readonly string[],
  now: Date,
  { dialect, entryOf = ({ id }) => id }: EnqueueOptions,
): Promise<void> {
  if (sinkNames.length === 0) return
  const tables = outboxTables(dialect)
  const at = now.toISOString()
  for (const alert of alerts) {
    const entry = shortId(entryOf(alert))
    const chain = `g:${shortId(alert.group)}`
    await query(
      `INSERT INTO ${tables.alerts} (entry, queued_at, document) VALUES ($1, $2, $3) ON CONFLICT (entry) DO NOTHING`,
      [entry, at, JSON.stringify(alert)],
    )
    for (const sink of new Set(sinkNames)) {
      await query(
        `INSERT INTO ${tables.deliveries}
           (sink, entry, alert_id, chain, position, urgency, resolves, state, queued_at, due_at, attempts)
         SELECT $1, $2, $5, $3, COALESCE(MAX(position), 0) + 1, ${urgencies[alert.severity]},
           ${alert.resolves === undefined ? 0 : 1}, 'waiting', $4, $4, 0
         FROM ${tables.deliveries} WHERE sink = $1 AND chain = $3
         ON CONFLICT (sink, entry) DO NOTHING`,
        [sink, entry, chain, at, shortId(alert.id)],
      )
    }
  }
}
