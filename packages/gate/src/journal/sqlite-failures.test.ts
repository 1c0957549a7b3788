import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { digestOf } from '@sallyport/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openSqlite } from '../database/sqlite-database.ts'
import { sqliteQuarantine } from '../quarantine/sqlite-quarantine.ts'
import { createJournal } from './create-journal.ts'
import { journalSchema } from './journal-schema.ts'
import { memoryLeases } from './memory-leases.ts'
import { sqliteJournal } from './sqlite-journal.ts'

let directory: string
let path: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sallyport-journal-'))
  path = join(directory, 'gate.db')
})
afterEach(() => rm(directory, { recursive: true, force: true }))

const key = digestOf('key')
const at = '2026-11-25T10:00:00.000Z'
const promotion = {
  key,
  source: 'build.example/app:1',
  sourceDigest: digestOf('source'),
  destination: 'prod.example/app:1',
  tier: 'prod',
  policyDigest: digestOf('policy'),
  startedAt: at,
}
const code = (name: string) => expect.objectContaining({ name: 'GateError', code: name })

describe('sqliteJournal', () => {
  it('brings a file of the first release up to date, and is refused by it afterwards', async () => {
    using old = new DatabaseSync(path)
    old.exec(`
      CREATE TABLE promotion (
        key TEXT PRIMARY KEY, source TEXT NOT NULL, source_digest TEXT NOT NULL, destination TEXT NOT NULL,
        tier TEXT NOT NULL, policy_digest TEXT NOT NULL, started_at TEXT NOT NULL, last_started_at TEXT NOT NULL,
        finished_at TEXT, verdict TEXT, target_digest TEXT, previous_digest TEXT
      ) STRICT;
      CREATE TABLE step (
        id INTEGER PRIMARY KEY, key TEXT NOT NULL REFERENCES promotion(key), step TEXT NOT NULL, output TEXT NOT NULL
      ) STRICT;
      CREATE INDEX step_by_key ON step(key);
      CREATE TABLE evidence (
        key TEXT NOT NULL REFERENCES promotion(key), judgement TEXT NOT NULL, decided_at TEXT NOT NULL,
        documents TEXT NOT NULL, PRIMARY KEY (key, judgement)
      ) STRICT;
      INSERT INTO promotion VALUES ('${key}', 'a', '${key}', 'b', 'prod', '${key}', '${at}', '${at}', '${at}', 'pass', '${key}', NULL);
      INSERT INTO step (key, step, output) VALUES ('${key}', 'resolve', '{}'), ('${key}', 'resolve', '{}');
      INSERT INTO evidence VALUES ('${key}', '${key}', '${at}', '[]');
      PRAGMA user_version = 1;`)
    for (let times = 0; times < 2; times++) {
      await using journal = sqliteJournal(path)
      expect(await journal.find(key)).toMatchObject({ attempt: 1, verdict: 'pass', targetDigest: key })
      expect(await journal.findEvidence(key, key)).toMatchObject({ documents: '[]' })
      expect(await journal.steps(key)).toEqual([])
    }
    expect(old.prepare('PRAGMA user_version').get()).toEqual({ user_version: 2 })
  })

  it('shares its file with a quarantine, whoever makes it', async () => {
    for (const first of ['journal', 'quarantine']) {
      const file = join(directory, `${first}.db`)
      await using _ = first === 'journal' ? sqliteJournal(file) : sqliteQuarantine(file)
      await using journal = sqliteJournal(file)
      await using quarantine = sqliteQuarantine(file)
      await journal.begin(promotion)
      expect((await quarantine.list()).items).toEqual([])
    }
  })

  it.each([
    ['that is no database', () => writeFile(path, 'this is not a database, and long enough '.repeat(50))],
    ['of another program', async () => make('CREATE TABLE customer (name TEXT)')],
    [
      'of another program with a version',
      async () => make('CREATE TABLE customer (name TEXT); PRAGMA user_version = 1'),
    ],
    [
      'of a later release',
      async () => {
        await sqliteJournal(path)[Symbol.asyncDispose]()
        make(`UPDATE schema_version SET version = 3`)
      },
    ],
  ])('refuses a file %s, and leaves it as it was', async (_title, write) => {
    await write()
    expect(() => sqliteJournal(path)).toThrowError(code('JOURNAL_CORRUPT'))
    expect(() => sqliteJournal(path)).toThrowError(code('JOURNAL_CORRUPT'))
  })

  it('says where it can not be made', () => {
    expect(() => sqliteJournal(join(directory, 'none', 'gate.db'))).toThrowError(code('JOURNAL_UNAVAILABLE'))
  })

  it('says that another process holds the file, without stopping the event loop meanwhile', async () => {
    await using journal = sqliteJournal(path, { lockTimeoutMs: 50 })
    using other = new DatabaseSync(path)
    other.exec('BEGIN IMMEDIATE')
    let turns = 0
    const ticking = setInterval(() => turns++, 1)
    await expect(journal.begin(promotion)).rejects.toMatchObject({ code: 'JOURNAL_LOCKED', retryable: true })
    clearInterval(ticking)
    expect(turns).toBeGreaterThan(2)
    other.exec('ROLLBACK')
    expect(await journal.begin(promotion)).toMatchObject({ attempt: 1 })
  })

  it('writes nothing of what does not fit on the disk', async () => {
    await using database = openSqlite(path, journalSchema)
    const journal = createJournal(database, memoryLeases())
    await journal.begin(promotion)
    const [row] = await database.query('PRAGMA page_count')
    await database.query(`PRAGMA max_page_count = ${Number(row!['page_count']) + 2}`)
    const findings = Array.from({ length: 500 }, (_, n) => ({ id: `CVE-2026-${n}`, purl: `pkg:npm/p${n}@1` }))
    await expect(journal.noteFirstSeen('prod.example/app', findings, at)).rejects.toMatchObject({
      code: 'JOURNAL_FULL',
      retryable: true,
    })
    expect(new Set(await journal.firstSeen('prod.example/app', findings))).toEqual(new Set([undefined]))
    const step = { name: 'large', output: 'x'.repeat(100_000), at }
    await expect(journal.saveStep(key, 1, step)).rejects.toMatchObject({ code: 'JOURNAL_FULL' })
    expect(await journal.steps(key)).toEqual([])
    // Room is made, and the same goes through.
    await database.query('PRAGMA max_page_count = 100000')
    expect(await journal.noteFirstSeen('prod.example/app', findings, at)).toHaveLength(500)
  })

  it('refuses kept values that can not be read any more', async () => {
    await using journal = sqliteJournal(path)
    await journal.begin(promotion)
    await journal.saveStep(key, 1, { name: 'resolve', output: 1, at })
    make(`UPDATE step SET output = '{"half'`)
    await expect(journal.findStep(key, 1, 'resolve')).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
  })
})

describe('a process that is killed', () => {
  const program = fileURLToPath(new URL('hold-and-write.fixture.ts', import.meta.url))

  it('leaves whole rows, and its lease free at once', { timeout: 60_000 }, async () => {
    for (let round = 0; round < 3; round++) {
      const child = spawn(
        process.execPath,
        ['--conditions=@sallyport/source', program, path, `worker ${round}`],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      try {
        await once(child.stdout, 'data')
        await using watching = sqliteJournal(path)
        expect(await watching.leases.acquire(promotion.destination)).toBeUndefined()
        const written = async (): Promise<number> =>
          (await watching.steps(digestOf(`worker ${round}`))).length
        await expect.poll(written, { timeout: 20_000, interval: 5 }).toBeGreaterThan(3)
      } finally {
        child.kill('SIGKILL')
        await once(child, 'exit')
      }
      await using journal = sqliteJournal(path)
      await using lease = await journal.leases.acquire(promotion.destination)
      expect(lease).toBeDefined()
      const steps = await journal.steps(digestOf(`worker ${round}`))
      for (const [n, { output }] of steps.entries()) expect(output).toEqual({ n, filler: 'x'.repeat(2000) })
      for (let n = 0; n < steps.length + 1; n++) {
        const findings = Array.from({ length: 20 }, (_, i) => ({ id: `GHSA-${n}`, purl: `pkg:npm/p${i}@1` }))
        // All of a batch or none of it.
        expect(new Set(await journal.firstSeen('prod.example/app', findings)).size).toBe(1)
      }
    }
    using database = new DatabaseSync(path)
    expect(database.prepare('PRAGMA integrity_check').get()).toEqual({ integrity_check: 'ok' })
  })
})

function make(sql: string): void {
  using database = new DatabaseSync(path)
  database.exec(sql)
}
