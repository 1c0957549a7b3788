import { readRpmRecords } from '@sallyport/inventory'
import { editBerkeleyDb } from './edit-berkeley-db.ts'
import { editNdb } from './edit-ndb.ts'
import { editSqlite } from './edit-sqlite.ts'
import type { RecordEdit } from './record-edit.ts'

/**
 * Takes headers out of an rpm database, in its own format, and puts others in their place. The result is read back: it
 * holds exactly what is left. The same database and edit give the same bytes.
 *
 * @throws {SyntaxError} when the database is not wholly as rpm makes it.
 */
export async function editDatabase(
  database: Uint8Array,
  edit: RecordEdit,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const before = await readHeaders(database, signal)
  for (const number of [...edit.remove, ...edit.replace.keys()]) {
    if (!before.has(number)) throw new SyntaxError(`no package ${number}`)
  }
  for (const [number, header] of edit.replace) {
    if (before.get(number)!.byteLength !== header.byteLength) {
      throw new SyntaxError(`a header of another length for package ${number}`)
    }
  }
  const edited = await chooseEditor(database)(database, edit, signal)
  const after = await readHeaders(edited, signal)
  for (const [number, header] of before) {
    const expected = edit.remove.has(number) ? undefined : (edit.replace.get(number) ?? header)
    const actual = after.get(number)
    if (expected === undefined ? actual !== undefined : !actual || Buffer.compare(expected, actual) !== 0) {
      throw new SyntaxError(`package ${number} is not as it should be after the edit`)
    }
    after.delete(number)
  }
  if (after.size > 0) throw new SyntaxError(`${after.size} packages more after the edit`)
  return edited
}

function chooseEditor(
  database: Uint8Array,
): (database: Uint8Array, edit: RecordEdit, signal?: AbortSignal) => Promise<Uint8Array> | Uint8Array {
  const start = Buffer.from(database.subarray(0, 16)).toString('latin1')
  if (start.startsWith('SQLite format 3\0')) return editSqlite
  return start.startsWith('RpmP') ? editNdb : editBerkeleyDb
}

/**
 * All headers of a database by their numbers.
 *
 * @throws {SyntaxError} when any of them can't be read, or two have one number.
 */
export async function readHeaders(
  database: Uint8Array,
  signal?: AbortSignal,
): Promise<Map<number, Uint8Array>> {
  const content = {
    size: database.byteLength,
    read: async (offset: number, length: number) => database.subarray(offset, offset + length),
  }
  const headers = new Map<number, Uint8Array>()
  for await (const record of await readRpmRecords(content, { signal })) {
    if ('problem' in record) throw new SyntaxError(record.problem)
    const { number, header } = record
    if (number <= 0 || !Number.isSafeInteger(number)) throw new SyntaxError(`a package of number ${number}`)
    if (headers.has(number)) throw new SyntaxError(`two packages of number ${number}`)
    headers.set(number, header)
  }
  return headers
}
