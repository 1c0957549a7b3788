import { GateError } from '../errors.ts'
import type { Dialect, Row, SqlValue } from './database.ts'

/** The tables of one part of what a database holds; several parts may share a database. */
export interface Schema {
  /** Which part: its version is kept under this name. */
  readonly part: string
  /** Version of these tables; what is older is upgraded. */
  readonly version: number
  /** Makes the tables of this version. */
  readonly create: (dialect: Dialect) => readonly string[]
  /** Statements that lead from a version to the next. */
  readonly upgrades: Readonly<Record<number, (dialect: Dialect) => readonly string[]>>
}

/** Statements to run in their order; each is answered with its rows. */
export type Statements = Generator<
  readonly [sql: string, parameters?: readonly SqlValue[]],
  void,
  readonly Row[]
>

/**
 * Brings the tables to the version of this release. To be run in one transaction.
 *
 * @param known Version that is there without being noted, as of old files. Default 0: none.
 * @throws {GateError} `JOURNAL_CORRUPT` when they are of a version that this release does not know.
 */
export function* migrate(
  { part, version, create, upgrades }: Schema,
  { dialect, name, known = 0 }: { readonly dialect: Dialect; readonly name: string; readonly known?: number },
): Statements {
  const versions = dialect.table('schema_version')
  yield [
    `CREATE TABLE IF NOT EXISTS ${versions} (part ${dialect.text} PRIMARY KEY, version INTEGER NOT NULL)${dialect.tableOptions}`,
  ]
  const [row] = yield [`SELECT version FROM ${versions} WHERE part = $1`, [part]]
  let current = row ? Number(row['version']) : known
  if (current === version) return
  if (current === 0) {
    for (const statement of create(dialect)) yield [statement]
    current = version
  }
  while (current !== version) {
    const upgrade = upgrades[current]
    if (!upgrade) {
      throw new GateError(
        'JOURNAL_CORRUPT',
        `${name}: version ${current} of the ${part}; this release reads up to ${version}: use the release that wrote it`,
      )
    }
    for (const statement of upgrade(dialect)) yield [statement]
    current++
  }
  yield [
    `INSERT INTO ${versions} (part, version) VALUES ($1, $2)
     ON CONFLICT (part) DO UPDATE SET version = excluded.version`,
    [part, version],
  ]
}
