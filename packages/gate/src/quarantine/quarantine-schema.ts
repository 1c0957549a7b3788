import type { Schema } from '../database/migrate.ts'

/** Tables of the quarantine. What lists show is apart from the records, which are large. */
export const quarantineSchema: Schema = {
  part: 'quarantine',
  version: 1,
  create: ({ text, tableOptions, table }) => [
    `CREATE TABLE ${table('quarantine')} (
      id ${text} PRIMARY KEY, state ${text} NOT NULL, quarantined_at ${text} NOT NULL, source ${text} NOT NULL,
      source_digest ${text} NOT NULL, destination ${text} NOT NULL, tier ${text} NOT NULL, verdict ${text} NOT NULL,
      findings INTEGER NOT NULL, worst ${text}, reason ${text} NOT NULL, status ${text} NOT NULL, search ${text} NOT NULL
    )${tableOptions}`,
    `CREATE TABLE ${table('quarantine_document')} (
      id ${text} PRIMARY KEY REFERENCES ${table('quarantine')} (id), document ${text} NOT NULL
    )${tableOptions}`,
    `CREATE TABLE ${table('quarantine_waivers')} (
      id ${text} PRIMARY KEY REFERENCES ${table('quarantine')} (id), expires ${text} NOT NULL, envelope ${text} NOT NULL
    )${tableOptions}`,
    `CREATE INDEX quarantine_latest ON ${table('quarantine')} (quarantined_at, id)`,
    `CREATE INDEX quarantine_in_state ON ${table('quarantine')} (state, quarantined_at, id)`,
    `CREATE INDEX quarantine_of_destination ON ${table('quarantine')} (destination, quarantined_at, id)`,
  ],
  upgrades: {},
}
