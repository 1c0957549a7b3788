import type { FileContent } from '../files/image-files.ts'
import { createPageReader } from './page-reader.ts'
import { isBerkeleyDb, readBerkeleyDb } from './read-berkeley-db.ts'
import { isNdb, readNdb } from './read-ndb.ts'
import { isSqlite, readSqlite } from './read-sqlite.ts'
import type { RpmRecord } from './rpm-database.ts'

/**
 * Opens an rpm database of any of its three formats, SQLite, ndb and Berkeley DB, and gives its headers one by one. What
 * is wrong with one of them is told in its place; the iteration throws `SyntaxError` where the rest can't be read.
 *
 * @throws {SyntaxError} when it is no such database.
 */
export async function readRpmRecords(
  content: FileContent,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<AsyncIterable<RpmRecord>> {
  const pages = createPageReader(content)
  const start = await pages.read(0, Math.min(content.size, 512))
  if (isSqlite(start)) return readSqlite(content, signal)
  if (isNdb(start)) return readNdb(pages, signal)
  if (isBerkeleyDb(start)) return readBerkeleyDb(pages, signal)
  throw new SyntaxError('a database of rpm in none of its formats')
}
