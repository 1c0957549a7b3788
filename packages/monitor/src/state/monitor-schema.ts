import type { Schema } from '@sallyport/gate/database'
import { outboxSchema } from '../outbox/outbox-schema.ts'

/** Tables of a monitor. */
export const monitorSchema: Schema = {
  part: 'monitor',
  version: 2,
  create: (dialect) => {
    const { text, tableOptions, table } = dialect
    return [
      `CREATE TABLE ${table('monitor_event')} (
      key ${text} PRIMARY KEY, registry ${text} NOT NULL, document ${text} NOT NULL, received_at ${text} NOT NULL,
      due_at ${text}, tries INTEGER NOT NULL DEFAULT 0, failing_since ${text}, reported INTEGER NOT NULL DEFAULT 0,
      outcome ${text}, detail ${text}, judged_at ${text}
    )${tableOptions}`,
      `CREATE INDEX monitor_event_due ON ${table('monitor_event')} (registry, due_at) WHERE due_at IS NOT NULL`,
      `CREATE INDEX monitor_event_judged ON ${table('monitor_event')} (judged_at) WHERE judged_at IS NOT NULL`,
      `CREATE TABLE ${table('monitor_count')} (outcome ${text} PRIMARY KEY, events INTEGER NOT NULL)${tableOptions}`,
      `CREATE TABLE ${table('monitor_alert')} (
      id ${text} PRIMARY KEY, incident ${text} NOT NULL, epoch ${text} NOT NULL, first_at ${text} NOT NULL,
      last_at ${text} NOT NULL, raised_at ${text} NOT NULL, resolved_at ${text}, right_at ${text},
      revision INTEGER NOT NULL,
      document ${text} NOT NULL
    )${tableOptions}`,
      `CREATE INDEX monitor_alert_of_incident ON ${table('monitor_alert')} (incident)`,
      `CREATE INDEX monitor_alert_latest ON ${table('monitor_alert')} (raised_at, id)`,
      `CREATE TABLE ${table('monitor_tag')} (
      place ${text} NOT NULL, tag ${text} NOT NULL, digest ${text} NOT NULL, standing ${text} NOT NULL,
      at ${text} NOT NULL, seen ${text}, PRIMARY KEY (place, tag)
    )${tableOptions}`,
      `CREATE TABLE ${table('monitor_part')} (
      place ${text} NOT NULL, digest ${text} NOT NULL, parent ${text} NOT NULL, relation ${text} NOT NULL,
      standing ${text} NOT NULL, incident ${text}, at ${text} NOT NULL, PRIMARY KEY (place, digest, parent)
    )${tableOptions}`,
      `CREATE INDEX monitor_part_of_parent ON ${table('monitor_part')} (place, parent)`,
      `CREATE TABLE ${table('monitor_place')} (
      place ${text} PRIMARY KEY, at ${text}, hash ${text}, tags INTEGER
    )${tableOptions}`,
      `CREATE TABLE ${table('monitor_source')} (
      source ${text} NOT NULL, registry ${text} NOT NULL, last_at ${text} NOT NULL, highest ${text},
      holes ${text} NOT NULL, PRIMARY KEY (source, registry)
    )${tableOptions}`,
      `CREATE TABLE ${table('monitor_note')} (name ${text} PRIMARY KEY, value ${text} NOT NULL)${tableOptions}`,
      ...outboxSchema(dialect),
    ]
  },
  upgrades: {
    // When an alert was put right is kept also when it is open again; of parts it is known when they were there.
    1: ({ table, text }) => [
      `ALTER TABLE ${table('monitor_alert')} ADD COLUMN right_at ${text}`,
      `UPDATE ${table('monitor_alert')} SET right_at = resolved_at`,
      `ALTER TABLE ${table('monitor_part')} ADD COLUMN at ${text} NOT NULL DEFAULT ''`,
    ],
  },
}
