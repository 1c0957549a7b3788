import { DatabaseSync } from 'node:sqlite'
import { type Digest, parseDigest, type Verdict } from '@sallyport/core'
import { GateError } from '../errors.ts'
import type { Journal, JournaledEvidence, PromotionRecord } from '../ports/journal.ts'

const schemaVersion = 1

const schema = `
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
  PRAGMA user_version = ${schemaVersion};
`

/**
 * A journal in one SQLite file (write-ahead log, synchronous FULL), or `':memory:'` for a promotion that need not
 * survive. Several processes may share the file.
 *
 * @throws {GateError} `JOURNAL_CORRUPT` when the file is no journal of this version.
 */
export function sqliteJournal(path: string): Journal {
  const database = open(path)
  const upsertPromotion = database.prepare(
    `INSERT INTO promotion (key, source, source_digest, destination, tier, policy_digest, started_at, last_started_at, previous_digest)
     VALUES (:key, :source, :sourceDigest, :destination, :tier, :policyDigest, :startedAt, :startedAt, :previousDigest)
     ON CONFLICT (key) DO UPDATE SET last_started_at = excluded.last_started_at, source = excluded.source`,
  )
  const insertStep = database.prepare('INSERT INTO step (key, step, output) VALUES (?, ?, ?)')
  const upsertEvidence = database.prepare(
    `INSERT INTO evidence (key, judgement, decided_at, documents) VALUES (?, ?, ?, ?)
     ON CONFLICT (key, judgement) DO UPDATE SET decided_at = excluded.decided_at, documents = excluded.documents`,
  )
  const selectEvidence = database.prepare(
    'SELECT decided_at, documents FROM evidence WHERE key = ? AND judgement = ?',
  )
  const updateEnd = database.prepare(
    'UPDATE promotion SET finished_at = ?, verdict = ?, target_digest = coalesce(?, target_digest) WHERE key = ?',
  )
  const selectPromotions = database.prepare('SELECT * FROM promotion ORDER BY last_started_at DESC, key')
  const selectSteps = database.prepare('SELECT step, output FROM step WHERE key = ? ORDER BY id')

  return {
    async begin({ previousDigest, ...promotion }) {
      upsertPromotion.run({ ...promotion, previousDigest: previousDigest ?? null })
    },
    async recordStep(key, step, output) {
      insertStep.run(key, step, JSON.stringify(output ?? null))
    },
    async saveEvidence(key, { judgement, decidedAt, documents }) {
      upsertEvidence.run(key, judgement, decidedAt, documents)
    },
    async findEvidence(key, judgement): Promise<JournaledEvidence | undefined> {
      const row = selectEvidence.get(key, judgement)
      return row && { judgement, decidedAt: String(row.decided_at), documents: String(row.documents) }
    },
    async finish(key, { finishedAt, verdict, targetDigest }) {
      updateEnd.run(finishedAt, verdict, targetDigest ?? null, key)
    },
    async list() {
      return selectPromotions.all().map(toPromotion)
    },
    async steps(key) {
      return selectSteps
        .all(key)
        .map(({ step, output }) => ({ step: String(step), output: JSON.parse(String(output)) as unknown }))
    },
    async [Symbol.asyncDispose]() {
      if (database.isOpen) database.close()
    },
  }
}

function open(path: string): DatabaseSync {
  const database = new DatabaseSync(path, { timeout: 10_000 })
  try {
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;')
    // Two processes may create the file at once: the second one waits, then sees the version.
    database.exec('BEGIN IMMEDIATE')
    const version = Number(database.prepare('PRAGMA user_version').get()?.user_version)
    if (version === 0) database.exec(schema)
    database.exec('COMMIT')
    if (version !== 0 && version !== schemaVersion) {
      throw new GateError(
        'JOURNAL_CORRUPT',
        `${path}: version ${version} of the journal; this release reads ${schemaVersion}`,
      )
    }
    return database
  } catch (cause) {
    database.close()
    if (cause instanceof GateError) throw cause
    throw new GateError(
      'JOURNAL_CORRUPT',
      `${path} is not a journal, or not writable: move it away or name another file`,
      {
        cause,
      },
    )
  }
}

function toPromotion(row: Record<string, unknown>): PromotionRecord {
  const text = (column: string) => (row[column] === null ? undefined : String(row[column]))
  const digest = (column: string): Digest | undefined => {
    const value = text(column)
    return value === undefined ? undefined : parseDigest(value)
  }
  return {
    key: parseDigest(String(row.key)),
    source: String(row.source),
    sourceDigest: parseDigest(String(row.source_digest)),
    destination: String(row.destination),
    tier: String(row.tier),
    policyDigest: parseDigest(String(row.policy_digest)),
    startedAt: String(row.started_at),
    lastStartedAt: String(row.last_started_at),
    finishedAt: text('finished_at'),
    verdict: text('verdict') as Verdict | undefined,
    targetDigest: digest('target_digest'),
    previousDigest: digest('previous_digest'),
  }
}
