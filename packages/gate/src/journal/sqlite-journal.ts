import { openSqlite, type SqliteOptions } from '../database/sqlite-database.ts'
import type { Journal } from '../ports/journal.ts'
import { createJournal } from './create-journal.ts'
import { fileLeases } from './file-leases.ts'
import { journalSchema } from './journal-schema.ts'
import { memoryLeases } from './memory-leases.ts'

/** Options of {@link sqliteJournal}. */
export type SqliteJournalOptions = SqliteOptions

/**
 * A journal in one SQLite file (write-ahead log, synchronous FULL), or `':memory:'` for a promotion that need not
 * survive. Several processes of one machine may share the file, and a quarantine may be in it too; its leases are locks
 * on files in the folder `<path>.leases`. A file of the first release is brought up to date.
 *
 * @throws {GateError} `JOURNAL_CORRUPT` when the file is damaged, another program's or of a later release;
 *   `JOURNAL_UNAVAILABLE` when it can't be opened; `JOURNAL_LOCKED`, `JOURNAL_FULL`.
 */
export function sqliteJournal(path: string, options?: SqliteJournalOptions): Journal {
  const leases = path === ':memory:' ? memoryLeases() : fileLeases(`${path}.leases`)
  return createJournal(openSqlite(path, journalSchema, options), leases)
}
