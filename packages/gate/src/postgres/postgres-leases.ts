import type { Pool, PoolClient } from 'pg'
import type { Leases } from '../ports/leases.ts'
import { lockKey } from './postgres-database.ts'
import { toGateError } from './postgres-error.ts'

/** Options of {@link postgresLeases}. */
export interface PostgresLeasesOptions {
  readonly pool: Pool
  /** Leases of other schemas are others. */
  readonly schema: string
  /** For messages. */
  readonly name: string
}

interface Connection {
  readonly client: PoolClient
  /** What is held by it, or being asked for. */
  readonly held: Set<string>
  lost: boolean
}

/**
 * Leases as session advisory locks: the server takes them back when the connection ends, as it does when its process does.
 * All of a process are on one connection, taken from the pool while any is held. A connection that breaks loses them,
 * and nobody is told: leases are a courtesy.
 */
export function postgresLeases({ pool, schema, name }: PostgresLeasesOptions): Leases & AsyncDisposable {
  let current: Promise<Connection> | undefined

  const open = async (): Promise<Connection> => {
    const client = await pool.connect()
    const connection: Connection = { client, held: new Set(), lost: false }
    // They stay: an error that nobody listens to would end the process.
    client.on('error', () => close(connection))
    client.on('end', () => close(connection))
    // A machine that vanished without a word is noticed within half a minute; and no idle time ends the session.
    await client.query(
      `SET idle_session_timeout = 0; SET tcp_keepalives_idle = 10;
       SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3`,
    )
    return connection
  }
  /** Ends the session, and with it whatever it still holds; it does not go back into the pool with its settings. */
  const close = (connection: Connection): void => {
    if (connection.lost) return
    connection.lost = true
    connection.held.clear()
    current = undefined
    connection.client.release(true)
  }
  const connect = async (): Promise<Connection> => {
    const opening = (current ??= open())
    try {
      const connection = await opening
      return connection.lost ? await connect() : connection
    } catch (cause) {
      if (current === opening) current = undefined
      throw cause
    }
  }

  return {
    async acquire(resource) {
      let connection: Connection | undefined
      try {
        connection = await connect()
        // One session may take a lock again and again.
        if (connection.held.has(resource)) return undefined
        connection.held.add(resource)
        const key = lockKey(`sallyport lease ${schema} ${resource}`)
        const { rows } = await connection.client.query('SELECT pg_try_advisory_lock($1) AS taken', [key])
        if (rows[0]?.taken !== true) {
          connection.held.delete(resource)
          if (connection.held.size === 0) close(connection)
          return undefined
        }
        return release(connection, resource, key)
      } catch (cause) {
        if (connection) close(connection)
        throw toGateError(cause, name)
      }
    },
    async [Symbol.asyncDispose]() {
      const connection = await current?.catch(() => undefined)
      if (connection) close(connection)
    },
  }

  function release(connection: Connection, resource: string, key: string): AsyncDisposable {
    let released = false
    return {
      async [Symbol.asyncDispose]() {
        if (released || connection.lost) return
        released = true
        // Before the session ends, so that the lease is free when this resolves.
        await connection.client.query('SELECT pg_advisory_unlock($1)', [key]).catch(() => close(connection))
        connection.held.delete(resource)
        if (connection.held.size === 0) close(connection)
      },
    }
  }
}
