import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { GateError } from '../errors.ts'
import type { Database, Dialect, Query, Row, SqlValue } from './database.ts'
import { canCheckpointBeside, type Checkpoints, openCheckpoints } from './checkpoints.ts'
import { type LogSync, openLogSync } from './log-sync.ts'
import { migrate, type Schema } from './migrate.ts'
import { isBusy, toGateError } from './sqlite-error.ts'

/** Options of {@link openSqlite}. */
export interface SqliteOptions {
  /** How long a write waits for another process, in milliseconds, before it is `JOURNAL_LOCKED`. Default 10,000. */
  readonly lockTimeoutMs?: number | undefined
  /**
   * Waits for the disk without stopping the event loop, for who writes hundreds of times a second: what comes meanwhile is
   * written, and waits with others for the next time. A promise still resolves only once all that it stands for is on the
   * disk, but queries see before that what others have written. Default `false`.
   */
  readonly syncInBackground?: boolean | undefined
}

const dialect: Dialect = {
  text: 'TEXT',
  tableOptions: ' STRICT',
  position: 'instr',
  table: (name) => name,
  triples: (parameter) =>
    `(SELECT value ->> 0 AS a, value ->> 1 AS b, value ->> 2 AS c FROM json_each(${parameter}))`,
}

/**
 * Opens a SQLite file with its write-ahead log and full synchronisation, and brings its tables up to date. Several
 * processes may share the file.
 *
 * @param path Of the file; or `':memory:'`.
 * @throws {GateError} `JOURNAL_CORRUPT` when it is damaged, another program's, or of a later release; `JOURNAL_UNAVAILABLE`
 *   when it can't be opened; `JOURNAL_LOCKED`, `JOURNAL_FULL`.
 */
export function openSqlite(
  path: string,
  schema: Schema,
  { lockTimeoutMs = 10_000, syncInBackground = false }: SqliteOptions = {},
): Database {
  let database: DatabaseSync
  try {
    database = new DatabaseSync(path, { timeout: lockTimeoutMs })
  } catch (cause) {
    throw toGateError(cause, path)
  }
  const run = runnerOf(database)
  let log: LogSync | undefined
  let checkpoints: Checkpoints | undefined
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')
    // Two processes may create the file at once: the second one waits, then sees the version.
    database.exec('BEGIN IMMEDIATE')
    prepareTables(run, schema, path)
    database.exec('COMMIT')
    // From here on waiting must not stop the event loop.
    database.exec('PRAGMA busy_timeout = 0')
    if (syncInBackground && run('PRAGMA journal_mode')[0]?.['journal_mode'] === 'wal') {
      const file = database.location() ?? path
      log = openLogSync(file)
      // Checkpoints sync all the same, and so what is in the file never precedes its log.
      database.exec('PRAGMA synchronous = NORMAL')
      if (canCheckpointBeside(String(run('SELECT sqlite_version() AS version')[0]?.['version']))) {
        checkpoints = openCheckpoints(file, {
          onFailure: () => void (database.isOpen && database.exec('PRAGMA wal_autocheckpoint = 1000')),
        })
        // Those of the thread leave what is written meanwhile; before the log gets too long, the little that is left is
        // moved here, and it starts anew.
        database.exec('PRAGMA wal_autocheckpoint = 16000')
      }
    }
  } catch (cause) {
    database.close()
    throw toGateError(cause, path)
  }

  let last: Promise<unknown> = Promise.resolve()
  /** One after the other: a connection has one transaction, and what is not part of it must not slip in. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work, work)
    last = result.catch(() => undefined)
    return result
  }
  const whenFree = async <T>(work: () => Promise<T>): Promise<T> => {
    const deadline = performance.now() + lockTimeoutMs
    for (let pauseMs = 1; ; pauseMs = Math.min(pauseMs * 2, 50)) {
      try {
        return await work()
      } catch (cause) {
        if (!isBusy(cause) || performance.now() > deadline) throw toGateError(cause, path)
      }
      await delay(pauseMs)
    }
  }
  const query: Query = async (sql, parameters) => run(sql, parameters)
  /** Also what changed nothing waits: what it found there may not be on the disk yet. */
  const onDisk = async <T>(work: Promise<T>): Promise<T> => {
    const value = await work
    checkpoints?.note()
    try {
      await log?.settle()
    } catch (cause) {
      throw toGateError(cause, path)
    }
    return value
  }

  return {
    name: path,
    dialect,
    query: (sql, parameters) => {
      const done = inTurn(() => whenFree(() => query(sql, parameters)))
      return /^\s*SELECT\b/i.test(sql) ? done : onDisk(done)
    },
    transaction: (work) =>
      onDisk(
        inTurn(() =>
          whenFree(async () => {
            database.exec('BEGIN IMMEDIATE')
            try {
              const value = await work(query)
              database.exec('COMMIT')
              return value
            } finally {
              // A full disk may have rolled it back already.
              if (database.isOpen && database.isTransaction) database.exec('ROLLBACK')
            }
          }),
        ),
      ),
    async [Symbol.asyncDispose]() {
      await inTurn(async () => undefined)
      if (!database.isOpen) return
      await checkpoints?.close()
      await inTurn(async () => {
        if (!database.isOpen) return
        await log?.close()
        database.close()
      })
    },
  }
}

type Run = (sql: string, parameters?: readonly SqlValue[]) => readonly Row[]

/** Runs statements, each prepared once. */
function runnerOf(database: DatabaseSync): Run {
  const prepared = new Map<string, StatementSync>()
  return (sql, parameters = []) => {
    let statement = prepared.get(sql)
    if (!statement) {
      statement = database.prepare(sql.replace(/\$(\d+)/g, '?$1'))
      prepared.set(sql, statement)
    }
    return statement.all(...parameters)
  }
}

function prepareTables(run: Run, schema: Schema, name: string): void {
  const tables = run(`SELECT name FROM sqlite_schema WHERE type = 'table'`).map((row) => row['name'])
  // The first release noted its version elsewhere.
  const isFirst = tables.includes('promotion') && !tables.includes('schema_version')
  if (tables.length > 0 && !isFirst && !tables.includes('schema_version')) {
    throw new GateError('JOURNAL_CORRUPT', `${name} is the database of another program: name another file`)
  }
  const known = schema.part === 'journal' && tables.includes('promotion') ? 1 : 0
  const statements = migrate(schema, { dialect, name, known })
  for (let next = statements.next(); !next.done;) next = statements.next(run(...next.value))
  // The first release refuses the file then.
  if (schema.part === 'journal') run('PRAGMA user_version = 2')
}
