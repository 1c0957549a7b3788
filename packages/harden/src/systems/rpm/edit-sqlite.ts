import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { RecordEdit } from './record-edit.ts'

/** The only things that rpm makes (rpm, `lib/backend/sqlite.c`); a view or a trigger would run code of the image. */
const definitions = {
  packages:
    /^CREATE TABLE (?:IF NOT EXISTS )?'Packages' ?\(hnum INTEGER PRIMARY KEY AUTOINCREMENT, ?blob BLOB NOT NULL\)$/,
  sequence: /^CREATE TABLE sqlite_sequence\(name,seq\)$/,
  /** What SQLite learned of the indexes, with samples of their keys. */
  statistics: /^CREATE TABLE (sqlite_stat[14])\([a-z,]{1,100}\)$/,
  indexTable:
    /^CREATE TABLE (?:IF NOT EXISTS )?'(\w{1,64})' ?\(key '(?:TEXT|BLOB|INTEGER)' NOT NULL, hnum INTEGER NOT NULL, idx INTEGER NOT NULL, FOREIGN KEY \(hnum\) REFERENCES 'Packages'\(hnum\)\)$/,
  index: /^CREATE INDEX (?:IF NOT EXISTS )?'\w{1,64}' ON '\w{1,64}'\((?:key|hnum) ASC\)$/,
}
const maxObjects = 200

/**
 * Edits an `rpmdb.sqlite`: takes the rows of packages out of the table of headers and out of each index, and writes the
 * file anew, so that nothing of them is left in free pages. Works on a copy in the folder for temporary files that goes
 * away afterwards.
 *
 * @throws {SyntaxError} when it holds anything that rpm does not make, or SQLite finds a fault in it.
 */
export async function editSqlite(database: Uint8Array, edit: RecordEdit): Promise<Uint8Array> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-rpm-'))
  try {
    const path = join(folder, 'rpmdb.sqlite')
    const copy = Buffer.from(database)
    checkSize(copy)
    // Bytes 18 and 19 say whether a log is written ahead (2); without one there is nothing but this file.
    const versions = copy.subarray(18, 20).toString('latin1')
    copy.fill(1, 18, 20)
    await writeFile(path, copy, { flag: 'wx', mode: 0o600 })
    editCopy(path, edit)
    const edited = await readFile(path)
    edited.write(versions, 18, 'latin1')
    return edited
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR') {
      throw new SyntaxError(`SQLite: ${error.message}`, { cause: error })
    }
    throw error
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** SQLite itself takes what is missing at the end for empty (SQLite file format, section 1.3). */
function checkSize(database: Buffer): void {
  if (database.byteLength < 512) throw new SyntaxError('a database that is cut')
  const given = database.readUInt16BE(16)
  const announced = database.readUInt32BE(28) * (given === 1 ? 65_536 : given)
  if (announced !== database.byteLength) {
    throw new SyntaxError(`a database of ${database.byteLength} bytes that announces ${announced}`)
  }
}

function editCopy(path: string, { remove, replace }: RecordEdit): void {
  const database = new DatabaseSync(path, { allowExtension: false, enableForeignKeyConstraints: false })
  try {
    database.exec('PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA journal_mode = DELETE')
    const { tables, statistics } = checkSchema(database)
    const fault = Object.values(database.prepare('PRAGMA integrity_check(1)').get() ?? {})[0]
    if (fault !== 'ok') throw new SyntaxError(`SQLite: ${String(fault)}`)
    checkIndexes(database, tables)
    const numbers = JSON.stringify([...remove])
    database.exec('BEGIN')
    for (const table of ['Packages', ...tables]) {
      database.prepare(`DELETE FROM "${table}" WHERE hnum IN (SELECT value FROM json_each(?))`).run(numbers)
    }
    if (remove.size > 0) for (const table of statistics) database.exec(`DELETE FROM ${table}`)
    const update = database.prepare('UPDATE "Packages" SET blob = ? WHERE hnum = ?')
    for (const [number, header] of replace) update.run(header, number)
    database.exec('COMMIT; VACUUM')
  } finally {
    database.close()
  }
}

/** An index that names a package which is not there was left behind by something; what else was can't be told. */
function checkIndexes(database: DatabaseSync, tables: readonly string[]): void {
  for (const table of tables) {
    const lost = `SELECT 1 FROM "${table}" WHERE hnum NOT IN (SELECT hnum FROM "Packages") LIMIT 1`
    if (database.prepare(lost).get())
      throw new SyntaxError(`the index ${table} names a package that is not there`)
  }
}

/** The tables of rpm's indexes, and those of SQLite about them. */
function checkSchema(database: DatabaseSync): {
  readonly tables: readonly string[]
  readonly statistics: readonly string[]
} {
  const objects = database.prepare(`SELECT sql FROM sqlite_schema LIMIT ${maxObjects + 1}`).all()
  if (objects.length > maxObjects) throw new SyntaxError(`more than ${maxObjects} tables and indexes`)
  const tables: string[] = []
  const statistics: string[] = []
  let hasPackages = false
  for (const { sql } of objects) {
    const text = String(sql).slice(0, 1_000)
    const table = definitions.indexTable.exec(text)?.[1]
    const learned = definitions.statistics.exec(text)?.[1]
    if (table !== undefined) tables.push(table)
    else if (learned !== undefined) statistics.push(learned)
    else if (definitions.packages.test(text)) hasPackages = true
    else if (!definitions.sequence.test(text) && !definitions.index.test(text)) {
      throw new SyntaxError(`holds what rpm does not make: ${JSON.stringify(text.slice(0, 100))}`)
    }
  }
  if (!hasPackages) throw new SyntaxError('has no table Packages as rpm makes it')
  return { tables, statistics }
}
