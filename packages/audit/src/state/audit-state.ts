import { type Database, openSqlite, type SqliteOptions } from '@sallyport/gate/database'
import type { AuditArchive } from '../ports/audit-state.ts'
import { createArchive } from './audit-archive.ts'
import { auditSchema } from './audit-schema.ts'
import { pruneAudits } from './prune-audits.ts'

/** What audits keep: the work in hand, what they found, and what the next one need not ask for again. */
export interface AuditState extends AsyncDisposable {
  /** The database that holds it. */
  readonly database: Database
  /** Audits that were made with it. */
  readonly archive: AuditArchive
  /**
   * Forgets all but the latest `keep` audits of each registry, and what only they need.
   *
   * @throws {AuditError} `OPTIONS_INVALID` when `keep` is no whole number above 0.
   */
  prune(keep: number): Promise<void>
}

/**
 * Keeps audits in one SQLite file, or in memory (`':memory:'`) for one that need not be resumed. A journal or a
 * quarantine may be in the same file. One process at a time audits with it; others may read its archive.
 *
 * @throws {GateError} `JOURNAL_CORRUPT` when the file is damaged, another program's or of a later release;
 *   `JOURNAL_UNAVAILABLE` when it can't be opened; `JOURNAL_LOCKED`, `JOURNAL_FULL`. Everything that reads or writes it may
 *   reject with the same.
 */
export function sqliteAuditState(path: string, options?: SqliteOptions): AuditState {
  const database = openSqlite(path, auditSchema, options)
  // It comes before all else. A process that dies loses nothing by it; a machine that does loses work that is done again,
  // and a repository takes no time for the disk. Where it can't be set, what follows says why.
  database.query('PRAGMA synchronous = NORMAL').catch(() => undefined)
  return openAuditState(database)
}

/** Keeps audits in a database that has their tables. */
export function openAuditState(database: Database): AuditState {
  return {
    database,
    archive: createArchive(database),
    prune: (keep) => pruneAudits(database, keep),
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}
