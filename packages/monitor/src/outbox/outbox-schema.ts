import type { Dialect } from '@sallyport/gate/database'

/** Names of the outbox's tables in a database. */
export function outboxTables({ table }: Dialect): {
  readonly alerts: string
  readonly deliveries: string
  readonly sinks: string
} {
  return {
    alerts: table('monitor_outbox_alert'),
    deliveries: table('monitor_outbox_delivery'),
    sinks: table('monitor_outbox_sink'),
  }
}

/**
 * Group of those alerts that sum up others. Groups from outside are kept with a prefix, so that none has this name.
 */
export const digestGroup = 'digest'

/**
 * Statements that make the tables of the outbox, to be part of the tables of whoever queues alerts: then an alert is
 * queued in the transaction that raises it.
 *
 * A delivery is `waiting`, `summed` (a digest that waits stands for it), `delivered` or `dead`.
 */
export function outboxSchema(dialect: Dialect): readonly string[] {
  const { text, tableOptions } = dialect
  const { alerts, deliveries, sinks } = outboxTables(dialect)
  return [
    `CREATE TABLE ${alerts} (
      entry ${text} PRIMARY KEY, queued_at ${text} NOT NULL, document ${text} NOT NULL
    )${tableOptions}`,
    `CREATE TABLE ${deliveries} (
      sink ${text} NOT NULL, entry ${text} NOT NULL REFERENCES ${alerts} (entry), alert_id ${text} NOT NULL,
      chain ${text} NOT NULL,
      position INTEGER NOT NULL, urgency INTEGER NOT NULL, resolves INTEGER NOT NULL, state ${text} NOT NULL,
      queued_at ${text} NOT NULL, due_at ${text} NOT NULL, attempts INTEGER NOT NULL, attempted_at ${text},
      error ${text}, ended_at ${text}, digest ${text}, PRIMARY KEY (sink, entry)
    )${tableOptions}`,
    `CREATE TABLE ${sinks} (
      sink ${text} PRIMARY KEY, owner ${text} NOT NULL, leased_until ${text} NOT NULL,
      failures INTEGER NOT NULL, paused_until ${text}, error ${text}
    )${tableOptions}`,
    `CREATE INDEX monitor_outbox_next ON ${deliveries} (sink, state, urgency, queued_at, position)`,
    `CREATE INDEX monitor_outbox_chain ON ${deliveries} (sink, chain, position)`,
    `CREATE INDEX monitor_outbox_ahead ON ${deliveries} (sink, chain, state, position)`,
    `CREATE INDEX monitor_outbox_attempted ON ${deliveries} (sink, attempted_at)`,
    `CREATE INDEX monitor_outbox_ended ON ${deliveries} (state, ended_at)`,
    `CREATE INDEX monitor_outbox_digest ON ${deliveries} (sink, digest)`,
    `CREATE INDEX monitor_outbox_entry ON ${deliveries} (entry)`,
  ]
}
