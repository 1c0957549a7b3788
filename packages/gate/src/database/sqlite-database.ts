import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { setTimeout as delay } from 'node:timers/promises'
import { GateError } from '../errors.ts'
import type { Database, Dialect, Query, Row, SqlValue } from './database.ts'
import { migrate, type Schema } from './migrate.ts'
import { isBusy, toGateError } from './sqlite-error.ts'

/** Options of {@link openSqlite}. */
export interface SqliteOptions {
  /** How long a write waits for another process, in milliseconds, before it is `JOURNAL_LOCKED`. Default 10,000. */
  readonly lockTimeoutMs?: number | undefined
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
  { lockTimeoutMs = 10_000 }: SqliteOptions = {},
): Database {
  let database: DatabaseSync
  try {
    database = new DatabaseSync(path, { timeout: lockTimeoutMs })
  } catch (cause) {
    throw toGateError(cause, path)
  }
  const run = runnerOf(database)
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')
    // Two processes may create the file at once: the second one waits, then sees the version.
    database.exec('BEGIN IMMEDIATE')
    prepareTables(run, schema, path)
    database.exec('COMMIT')
    // From here on waiting must not stop the event loop.
    database.exec('PRAGMA busy_timeout = 0')
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

  return {
    name: path,
    dialect,
    query: (sql, parameters) => inTurn(() => whenFree(() => query(sql, parameters))),
    transaction: (work) =>
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
    [Symbol.asyncDispose]: () =>
      inTurn(async () => {
        if (database.isOpen) database.close()
      }),
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
