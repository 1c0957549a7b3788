import { createJournal } from '../journal/create-journal.ts'
import { journalSchema } from '../journal/journal-schema.ts'
import type { Journal } from '../ports/journal.ts'
import { openPostgres } from './postgres-database.ts'
import { postgresLeases } from './postgres-leases.ts'
import type { PostgresOptions } from './postgres-options.ts'

/**
 * A journal in PostgreSQL, for promotions on several machines. Its leases are advisory locks, free as soon as the process
 * that holds them ends.
 *
 * @throws {GateError} `OPTIONS_INVALID` for a name that no schema can have, or a pool of one connection;
 *   `JOURNAL_CORRUPT` when the tables are of a later release; `JOURNAL_UNAVAILABLE` when the server can't be reached or
 *   the role may not use the schema; `JOURNAL_FULL`.
 */
export async function postgresJournal(options: PostgresOptions): Promise<Journal> {
  const database = await openPostgres(options, journalSchema)
  return createJournal(database, postgresLeases(database))
}
