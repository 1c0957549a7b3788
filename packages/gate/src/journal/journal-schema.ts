import type { Dialect } from '../database/database.ts'
import type { Schema } from '../database/migrate.ts'

/** Tables that were not there in the first release. */
const newTables = ({ text, tableOptions, table }: Dialect): readonly string[] => [
  `CREATE TABLE ${table('step')} (
    key ${text} NOT NULL REFERENCES ${table('promotion')} (key), attempt INTEGER NOT NULL, position INTEGER NOT NULL,
    name ${text} NOT NULL, output ${text} NOT NULL, summary ${text} NOT NULL, at ${text} NOT NULL,
    PRIMARY KEY (key, attempt, name)
  )${tableOptions}`,
  `CREATE TABLE ${table('release_record')} (
    key ${text} NOT NULL, attempt INTEGER NOT NULL, destination ${text} NOT NULL, digest ${text} NOT NULL,
    tier ${text} NOT NULL, release ${text}, finished_at ${text} NOT NULL, document ${text} NOT NULL,
    PRIMARY KEY (key, attempt)
  )${tableOptions}`,
  `CREATE INDEX release_record_latest ON ${table('release_record')} (finished_at, key, attempt)`,
  `CREATE INDEX release_record_of_destination ON ${table('release_record')} (destination, finished_at, key, attempt)`,
  `CREATE INDEX release_record_of_digest ON ${table('release_record')} (digest)`,
  `CREATE TABLE ${table('first_seen')} (
    line ${text} NOT NULL, package ${text} NOT NULL, id ${text} NOT NULL, at ${text} NOT NULL,
    PRIMARY KEY (line, package, id)
  )${tableOptions}`,
  `CREATE TABLE ${table('scan')} (
    digest ${text} PRIMARY KEY, evaluated_at ${text} NOT NULL, document ${text} NOT NULL
  )${tableOptions}`,
  `CREATE INDEX promotion_latest ON ${table('promotion')} (last_started_at, key)`,
  `CREATE INDEX promotion_of_destination ON ${table('promotion')} (destination, last_started_at, key)`,
]

/** Tables of the journal. */
export const journalSchema: Schema = {
  part: 'journal',
  version: 2,
  create: (dialect) => {
    const { text, tableOptions, table } = dialect
    return [
      `CREATE TABLE ${table('promotion')} (
        key ${text} PRIMARY KEY, source ${text} NOT NULL, source_digest ${text} NOT NULL,
        destination ${text} NOT NULL, tier ${text} NOT NULL, policy_digest ${text} NOT NULL,
        started_at ${text} NOT NULL, last_started_at ${text} NOT NULL, attempt INTEGER NOT NULL DEFAULT 1,
        resumes INTEGER NOT NULL DEFAULT 0, finished_at ${text}, verdict ${text}, target_digest ${text},
        previous_digest ${text}, cancelled_by ${text}, cancel_reason ${text}, cancelled_at ${text}
      )${tableOptions}`,
      `CREATE TABLE ${table('evidence')} (
        key ${text} NOT NULL REFERENCES ${table('promotion')} (key), judgement ${text} NOT NULL,
        decided_at ${text} NOT NULL, documents ${text} NOT NULL, PRIMARY KEY (key, judgement)
      )${tableOptions}`,
      ...newTables(dialect),
    ]
  },
  upgrades: {
    // Its steps were notes without outputs to go on from.
    1: (dialect) => [
      'DROP TABLE step',
      'ALTER TABLE promotion ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1',
      'ALTER TABLE promotion ADD COLUMN resumes INTEGER NOT NULL DEFAULT 0',
      'ALTER TABLE promotion ADD COLUMN cancelled_by TEXT',
      'ALTER TABLE promotion ADD COLUMN cancel_reason TEXT',
      'ALTER TABLE promotion ADD COLUMN cancelled_at TEXT',
      ...newTables(dialect),
    ],
  },
}
