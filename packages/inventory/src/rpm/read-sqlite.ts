import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { pathToFileURL } from 'node:url'
import type { FileContent } from '../files/image-files.ts'
import { readChunks } from '../files/read-chunks.ts'
import { maxPackages, maxRpmDatabaseBytes, maxRpmHeaderBytes } from '../internal/limits.ts'
import type { RpmRecord } from './rpm-database.ts'

/** Whether this is the start of a database of SQLite. */
export function isSqlite(start: Uint8Array): boolean {
  return Buffer.from(start.subarray(0, 16)).toString('latin1') === 'SQLite format 3\0'
}

/**
 * Reads the table `Packages` of an `rpmdb.sqlite`, from a copy in the folder for temporary files that goes away
 * afterwards. Only the very table that rpm makes is asked: a view or a computed column would run code of the image.
 * SQLite refuses a tree without leaves, so the limits on rows and bytes end each hostile tree.
 *
 * @throws {SyntaxError} when it is no such database.
 */
export async function* readSqlite(content: FileContent, signal?: AbortSignal): AsyncGenerator<RpmRecord> {
  const folder = await mkdtemp(join(tmpdir(), 'sallyport-rpm-'))
  try {
    const path = join(folder, 'rpmdb.sqlite')
    const file = await open(path, 'wx', 0o600)
    try {
      for await (const chunk of readChunks(content, signal)) await file.writeFile(chunk)
    } finally {
      await file.close()
    }
    // `immutable`: neither locks nor a journal beside it; a database in WAL mode could not be opened otherwise.
    const location = pathToFileURL(path)
    location.search = '?immutable=1'
    const database = askSqlite(() => new DatabaseSync(location, { readOnly: true, allowExtension: false }))
    try {
      for (const record of recordsOf(database)) {
        signal?.throwIfAborted()
        yield record
      }
    } finally {
      database.close()
    }
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const definition =
  /^CREATE TABLE (?:IF NOT EXISTS )?(["'`]?)Packages\1 ?\( ?hnum INTEGER PRIMARY KEY AUTOINCREMENT, ?blob BLOB NOT NULL ?\)$/i

function* recordsOf(database: DatabaseSync): Generator<RpmRecord> {
  const table = askSqlite(() =>
    database.prepare(`SELECT sql FROM sqlite_schema WHERE type = 'table' AND name = 'Packages'`).all(),
  )
  if (
    table.length !== 1 ||
    !definition.test(String(table[0]!['sql']).slice(0, 500).replaceAll(/\s+/g, ' '))
  ) {
    throw new SyntaxError('has no table Packages as rpm makes it')
  }
  // Not by an index, which an image may have made to list other rows.
  // The lengths first, which SQLite knows without the content: rows may share their content, a tree its branches.
  const sizes = askSqlite(() =>
    database.prepare('SELECT hnum, length(blob) AS bytes FROM Packages NOT INDEXED'),
  )
  const find = askSqlite(() => database.prepare('SELECT blob FROM Packages WHERE hnum = ?'))
  sizes.setReadBigInts(true)
  let total = 0
  let rows = 0
  let last = -1n
  const iterator = askSqlite(() => sizes.iterate())
  for (;;) {
    const step = askSqlite(() => iterator.next())
    if (step.done) return
    const row: Record<string, unknown> = step.value
    const number = row['hnum']
    const bytes = Number(row['bytes'])
    if (++rows > maxPackages) throw new SyntaxError(`more than ${maxPackages} packages`)
    if (typeof number !== 'bigint' || number <= last) throw new SyntaxError('rows that are out of order')
    last = number
    total += bytes
    if (bytes > maxRpmHeaderBytes || total > maxRpmDatabaseBytes) {
      throw new SyntaxError(
        `headers of more than ${maxRpmHeaderBytes} bytes, or all of ${maxRpmDatabaseBytes}`,
      )
    }
    const blob = askSqlite(() => find.get(number))?.['blob']
    yield blob instanceof Uint8Array
      ? { number: Number(number), header: blob }
      : { problem: `row ${number} holds no header` }
  }
}

/** What SQLite says of a broken database is about the image; another error is none. */
function askSqlite<T>(ask: () => T): T {
  try {
    return ask()
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR') {
      throw new SyntaxError(`SQLite: ${error.message}`, { cause: error })
    }
    throw error
  }
}
