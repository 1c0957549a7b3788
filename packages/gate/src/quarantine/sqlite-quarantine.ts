import { openSqlite, type SqliteOptions } from '../database/sqlite-database.ts'
import type { QuarantineOptions, QuarantineStore } from '../ports/quarantine-store.ts'
import { createQuarantine } from './create-quarantine.ts'
import { quarantineSchema } from './quarantine-schema.ts'

/** Options of {@link sqliteQuarantine}. */
export interface SqliteQuarantineOptions extends QuarantineOptions, SqliteOptions {}

/**
 * A quarantine in one SQLite file, or `':memory:'`. Several processes of one machine may share the file; it may be that
 * of the journal.
 *
 * @throws {GateError} `JOURNAL_CORRUPT` when the file is damaged, another program's or of a later release;
 *   `JOURNAL_UNAVAILABLE` when it can't be opened; `JOURNAL_LOCKED`, `JOURNAL_FULL`.
 */
export function sqliteQuarantine(path: string, options: SqliteQuarantineOptions = {}): QuarantineStore {
  return createQuarantine(openSqlite(path, quarantineSchema, options), options)
}
