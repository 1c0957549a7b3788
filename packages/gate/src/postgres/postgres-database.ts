import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Pool } from 'pg'
import type { Database, Dialect, Query } from '../database/database.ts'
import { migrate, type Schema } from '../database/migrate.ts'
import { GateError } from '../errors.ts'
import { isSerializationFailure, toGateError } from './postgres-error.ts'
import type { PostgresOptions } from './postgres-options.ts'

const maxTries = 30
const maxPauseMs = 100

/** A PostgreSQL database with its tables, and the pool that it is reached by. */
export interface PostgresDatabase extends Database {
  /** Connections of the database; the caller's, or made with it. */
  readonly pool: Pool
  /** The schema's name, not quoted. */
  readonly schema: string
}

/**
 * Opens a schema of a PostgreSQL database, and makes its tables or brings them up to date, one process at a time.
 *
 * @throws {GateError} `OPTIONS_INVALID` for a name that no schema can have, or a pool of one connection;
 *   `JOURNAL_CORRUPT` when the tables are of a later release; `JOURNAL_UNAVAILABLE`, `JOURNAL_FULL`.
 */
export async function openPostgres(
  { schema = 'sallyport', pool: given, connectionString }: PostgresOptions,
  tables: Schema,
): Promise<PostgresDatabase> {
  if (schema === '' || schema.includes('\0') || Buffer.byteLength(schema) > 63)
    throw new GateError(
      'OPTIONS_INVALID',
      `no schema can have this name: ${JSON.stringify(schema.slice(0, 80))}`,
    )
  const name = `PostgreSQL schema ${JSON.stringify(schema)}`
  if (given && (given.options.max ?? 10) < 2)
    throw new GateError(
      'OPTIONS_INVALID',
      `${name}: a pool of at least two connections is needed: leases hold one`,
    )
  const pool = given ?? new (await import('pg')).Pool({ connectionString, keepAlive: true })
  // An idle connection that breaks is replaced by the pool; without a listener it would end the process.
  const ignore = (): void => undefined
  pool.on('error', ignore)
  let ended: Promise<void> | undefined
  const end = async (): Promise<void> => {
    // Connections of our own may still break while they are being ended.
    if (given) pool.off('error', ignore)
    await (ended ??= given ? Promise.resolve() : pool.end())
  }
  const dialect = dialectOf(schema)
  try {
    await prepareTables(pool, { schema, dialect, name, tables })
  } catch (cause) {
    await end()
    throw toGateError(cause, name)
  }

  const again = async <T>(work: () => Promise<T>): Promise<T> => {
    for (let tries = 1; ; tries++) {
      if (ended) throw new GateError('JOURNAL_UNAVAILABLE', `${name} is closed`)
      try {
        return await work()
      } catch (cause) {
        if (!isSerializationFailure(cause) || tries === maxTries) throw toGateError(cause, name)
      }
      await delay(Math.random() * Math.min(2 ** tries, maxPauseMs))
    }
  }
  return {
    name,
    schema,
    pool,
    dialect,
    query: (sql, parameters) => again(async () => (await pool.query(sql, [...(parameters ?? [])])).rows),
    transaction: (work) => again(() => inTransaction(pool, 'BEGIN ISOLATION LEVEL SERIALIZABLE', work)),
    [Symbol.asyncDispose]: end,
  }
}

function dialectOf(schema: string): Dialect {
  return {
    text: 'TEXT COLLATE "C"',
    tableOptions: '',
    position: 'strpos',
    table: (name) => `${quote(schema)}.${quote(name)}`,
    triples: (parameter) =>
      `(SELECT value ->> 0 AS a, value ->> 1 AS b, value ->> 2 AS c FROM jsonb_array_elements(${parameter}::jsonb) AS value)`,
  }
}

/** A name as SQL takes it whatever it holds. */
function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** A key of an advisory lock: 64 bits that follow from a text. */
export function lockKey(text: string): string {
  return createHash('sha256').update(text).digest().readBigInt64BE(0).toString()
}

async function inTransaction<T>(pool: Pool, begin: string, work: (query: Query) => Promise<T>): Promise<T> {
  const client = await pool.connect()
  let broken: Error | undefined
  const onError = (error: Error): void => void (broken = error)
  client.on('error', onError)
  try {
    await client.query(begin)
    try {
      const value = await work(
        async (sql, parameters) => (await client.query(sql, [...(parameters ?? [])])).rows,
      )
      await client.query('COMMIT')
      return value
    } catch (cause) {
      await client.query('ROLLBACK').catch((error: Error) => void (broken ??= error))
      throw cause
    }
  } finally {
    if (!broken) client.off('error', onError)
    client.release(broken)
  }
}

async function prepareTables(
  pool: Pool,
  {
    schema,
    dialect,
    name,
    tables,
  }: { readonly schema: string; readonly dialect: Dialect; readonly name: string; readonly tables: Schema },
): Promise<void> {
  if (await isCurrent(pool, dialect, tables)) return
  await inTransaction(pool, 'BEGIN ISOLATION LEVEL READ COMMITTED', async (query) => {
    // Until the end of the transaction; whoever waits sees the tables afterwards.
    await query('SELECT pg_advisory_xact_lock($1)', [lockKey(`sallyport schema ${schema}`)])
    await query(`CREATE SCHEMA IF NOT EXISTS ${quote(schema)}`)
    const statements = migrate(tables, { dialect, name })
    for (let next = statements.next(); !next.done;) next = statements.next(await query(...next.value))
  })
}

/** Whether nothing is to be done: then the role needs no right to make tables. */
async function isCurrent(pool: Pool, dialect: Dialect, { part, version }: Schema): Promise<boolean> {
  const versions = dialect.table('schema_version')
  const found = await pool.query('SELECT to_regclass($1) IS NOT NULL AS there', [versions])
  if (found.rows[0]?.there !== true) return false
  const { rows } = await pool.query(`SELECT version FROM ${versions} WHERE part = $1`, [part])
  return Number(rows[0]?.version) === version
}
