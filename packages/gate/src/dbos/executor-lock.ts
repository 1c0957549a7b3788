import { createHash } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'
import type { Client } from 'pg'
import { loadPostgresClient } from './load-dbos.ts'

/**
 * Who lives: each process holds a lock of its PostgreSQL session for as long as it does. A process that is killed loses
 * it at once, a machine that vanishes within half a minute. No clocks are compared.
 */
export interface ExecutorLock extends AsyncDisposable {
  /** Runs `work` while nobody can have this executor's name; resolves with `false` when it lives. */
  whileDead(executorId: string, work: () => Promise<void>): Promise<boolean>
  /** Runs `work` while no other process of the application does so; waits for them. */
  alone(work: () => Promise<void>): Promise<void>
}

/** Options of {@link lockExecutor}. */
export interface LockExecutorOptions {
  readonly databaseUrl: string
  readonly application: string
  readonly executorId: string
  readonly onLost: (error: unknown) => void
}

// A server notices a peer without a farewell only if it asks for it: 10 s of silence, then 3 questions.
const sessionSettings =
  'SET idle_session_timeout = 0; SET tcp_keepalives_idle = 10; SET tcp_keepalives_interval = 5; SET tcp_keepalives_count = 3; SET tcp_user_timeout = 25000'
/** The session of one that was just killed may take a moment to end. */
const patienceMs = 10_000

/** Takes the lock of a process's own name; resolves with `undefined` while another process has it. */
export async function lockExecutor(options: LockExecutorOptions): Promise<ExecutorLock | undefined> {
  const { application, executorId, onLost } = options
  const closed = new AbortController()
  let client = await connect()
  if (!(await acquireOwn(client))) {
    await client.end()
    return undefined
  }

  async function connect(): Promise<Client> {
    const opened = new (loadPostgresClient())({
      connectionString: options.databaseUrl,
      application_name: `${application} executor`,
      keepAlive: true,
    })
    await opened.connect()
    // Each lost session is replaced once, however many errors it ends with.
    opened.once('error', (error) => void regain(error))
    opened.on('error', () => undefined)
    await opened.query(sessionSettings).catch(() => undefined)
    return opened
  }

  async function acquireOwn(session: Client): Promise<boolean> {
    for (const deadline = Date.now() + patienceMs; Date.now() < deadline; await delay(200)) {
      if (await tryLock(session, executorId)) return true
    }
    return false
  }

  async function tryLock(session: Client, name: string): Promise<boolean> {
    const { rows } = await session.query<{ locked: boolean }>('SELECT pg_try_advisory_lock($1) AS locked', [
      keyOf(application, name),
    ])
    return rows[0]?.locked === true
  }

  /** Without its session this process counts as dead: its jobs may have gone elsewhere, and DBOS refuses what it still writes. */
  async function regain(error: unknown): Promise<void> {
    if (closed.signal.aborted) return
    onLost(error)
    for (let waitMs = 200; !closed.signal.aborted; waitMs = Math.min(waitMs * 2, 10_000)) {
      try {
        const session = await connect()
        if (await acquireOwn(session)) {
          client = session
          return
        }
        await session.end()
      } catch (cause) {
        onLost(cause)
      }
      await delay(waitMs)
    }
  }

  return {
    async whileDead(name, work) {
      const session = client
      if (!(await tryLock(session, name))) return false
      try {
        await work()
      } finally {
        await session
          .query('SELECT pg_advisory_unlock($1)', [keyOf(application, name)])
          .catch(() => undefined)
      }
      return true
    },
    async alone(work) {
      const key = keyOf(application, 'launch', 'of all executors')
      await client.query('SELECT pg_advisory_lock($1)', [key])
      try {
        await work()
      } finally {
        await client.query('SELECT pg_advisory_unlock($1)', [key]).catch(() => undefined)
      }
    },
    async [Symbol.asyncDispose]() {
      closed.abort()
      await client.end().catch(() => undefined)
    },
  }
}

/** A 64-bit key; two names with the same one are as likely as nothing. */
function keyOf(application: string, ...name: readonly string[]): string {
  const hash = createHash('sha256')
    .update(JSON.stringify(['sallyport executor', application, ...name]))
    .digest()
  return hash.readBigInt64BE().toString()
}
