import { type Digest, isDigest } from '@sallyport/core'
import { openSqlite, type Schema } from '@sallyport/gate/database'

/** Names a promotion of a plan. */
export interface RepairKey {
  /** Of the action. */
  readonly seal: Digest
  /** Kind of the action, as the review left it. */
  readonly kind: string
  /** Tag of the action. */
  readonly tag: string
}

/** Remembers the promotions of plans that are done, so that they are not judged anew when a repair goes on. */
export interface RepairState {
  /** Where the tag was when the promotion ended. */
  find(key: RepairKey): Promise<Digest | undefined>
  /** Keeps it, durably. */
  save(key: RepairKey, done: { readonly digest: Digest; readonly at: string }): Promise<void>
}

const schema: Schema = {
  part: 'repair',
  version: 1,
  create: ({ table, text, tableOptions }) => [
    `CREATE TABLE ${table('repair')} (seal ${text} NOT NULL, kind ${text} NOT NULL, tag ${text} NOT NULL,
      digest ${text} NOT NULL, done_at ${text} NOT NULL, PRIMARY KEY (seal, kind, tag))${tableOptions}`,
  ],
  upgrades: {},
}

/**
 * Keeps the state of repairs in a SQLite file, which may be that of the gate's journal or of an audit. Dispose it when done.
 *
 * @throws {GateError} `JOURNAL_CORRUPT`, `JOURNAL_UNAVAILABLE`, `JOURNAL_LOCKED`, `JOURNAL_FULL`; its methods too.
 */
export function sqliteRepairState(path: string): RepairState & AsyncDisposable {
  const database = openSqlite(path, schema)
  const table = database.dialect.table('repair')
  return {
    async find({ seal, kind, tag }) {
      const [row] = await database.query(
        `SELECT digest FROM ${table} WHERE seal = $1 AND kind = $2 AND tag = $3`,
        [seal, kind, tag],
      )
      const digest = row?.['digest']
      return isDigest(digest) ? digest : undefined
    },
    async save({ seal, kind, tag }, { digest, at }) {
      await database.query(
        `INSERT INTO ${table} (seal, kind, tag, digest, done_at) VALUES ($1, $2, $3, $4, $5)
         ON CONFLICT (seal, kind, tag) DO UPDATE SET digest = excluded.digest, done_at = excluded.done_at`,
        [seal, kind, tag, digest, at],
      )
    },
    [Symbol.asyncDispose]: () => database[Symbol.asyncDispose](),
  }
}
