import { randomUUID } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { postgresJournal, postgresQuarantine } from '@sallyport/gate/postgres'
import { findPostgres, type RunningService, startPostgres } from '@sallyport/test-tools'
import {
  type ContractSubject,
  describeJournalContract,
  describeQuarantineContract,
  toContractSubject,
} from '@sallyport/testkit/contracts'
import { Pool } from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const isThere = (await findPostgres()) !== undefined

describe.skipIf(!isThere)('PostgreSQL', () => {
  let directory: string
  let server: RunningService
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sallyport-postgres-'))
    server = await startPostgres({ directory })
  }, 60_000)
  afterAll(async () => {
    await server?.stop()
    await rm(directory, { recursive: true, force: true })
  })

  // A name that must be quoted, twice.
  const newSchema = (): string => `Sally "port" ${randomUUID()}`

  const poolOf = (max: number): ContractSubject<Pool> => {
    const pool = new Pool({ connectionString: server.url, max })
    // It ends before its connections do, and the server may be faster.
    pool.on('error', () => undefined)
    return toContractSubject(pool, () => pool.end())
  }

  describeJournalContract('postgresJournal', {
    create: async () => {
      const schema = newSchema()
      return toContractSubject(() => postgresJournal({ connectionString: server.url, schema }))
    },
  })

  describeQuarantineContract('postgresQuarantine', {
    create: async () => {
      const schema = newSchema()
      return toContractSubject((options) =>
        postgresQuarantine({ ...options, connectionString: server.url, schema }),
      )
    },
  })

  it('is set up once by many who start at once, and by a pool that is left open', async () => {
    await using pool = poolOf(4)
    const schema = newSchema()
    const journals = await Promise.all(
      Array.from({ length: 6 }, () => postgresJournal({ pool: pool.subject, schema })),
    )
    for (const journal of journals) expect((await journal.list()).items).toEqual([])
    const lease = await journals[0]!.leases.acquire('prod.example/app:1')
    expect(lease).toBeDefined()
    expect(await journals[1]!.leases.acquire('prod.example/app:1')).toBeUndefined()
    for (const journal of journals) await journal[Symbol.asyncDispose]()
    expect((await pool.subject.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }])
  })

  it('refuses a pool of one connection, and names that no schema can have', async () => {
    const refused = { name: 'GateError', code: 'OPTIONS_INVALID' }
    await using pool = poolOf(1)
    await expect(postgresJournal({ pool: pool.subject })).rejects.toMatchObject(refused)
    for (const schema of ['', 'x'.repeat(64), 'a\0b'])
      await expect(postgresJournal({ connectionString: server.url, schema })).rejects.toMatchObject(refused)
  })

  it('says that a server is not there, and no password', async () => {
    const wrong = new URL(server.url)
    wrong.password = 'secret-of-mine'
    const error: unknown = await postgresJournal({ connectionString: wrong.href }).catch(
      (cause: unknown) => cause,
    )
    expect(error).toMatchObject({ name: 'GateError', code: 'JOURNAL_UNAVAILABLE' })
    expect(String((error as Error).message)).not.toContain('secret-of-mine')
  })

  it('frees the leases of a connection that is cut', async () => {
    const schema = newSchema()
    const options = { connectionString: server.url, schema }
    await using one = await postgresJournal(options)
    await using other = await postgresJournal(options)
    expect(await one.leases.acquire('prod.example/app:1')).toBeDefined()
    await using admin = poolOf(1)
    await admin.subject.query(
      `SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid()`,
    )
    await expect.poll(() => other.leases.acquire('prod.example/app:1')).toBeDefined()
    // And whoever lost it can ask again.
    expect(await one.leases.acquire('prod.example/app:1')).toBeUndefined()
    expect(await one.leases.acquire('prod.example/other:1')).toBeDefined()
  })
})
