import type { DatabaseFile } from './database-file.ts'
import { packageKey, recordKey } from './database-keys.ts'
import type { DatabaseMeta } from './database-meta.ts'
import type { DatabaseTables } from './database-tables.ts'

const pauseEvery = 4096

/**
 * Reads every entry of every table, and checks that the tables agree: each package of each record is found, and nothing
 * else, the counts are right, and each id leads to a group that has it.
 *
 * @throws {ScanError} `DATABASE_INVALID`
 */
export async function verifyTables(
  file: DatabaseFile,
  meta: DatabaseMeta,
  tables: DatabaseTables,
  signal?: AbortSignal,
): Promise<void> {
  const pause = pausing(signal)
  let stated = 0
  let ordinal = 0
  for (const { key, value } of tables.records.entries()) {
    await pause()
    if (!key.equals(recordKey(ordinal++))) throw file.invalid('table records', 'its keys have a gap')
    stated += (value.affected ?? []).filter((affected) => affected.package != null).length
  }
  let entries = 0
  const counts = new Map<string, number>()
  for (const { key, value } of tables.packages.entries()) {
    const text = key.toString('utf8')
    let previous = -1
    for (let index = 0; index < value.length; index += 2) {
      await pause()
      const [number = 0, position = 0] = [value[index], value[index + 1]]
      const named = tables.records.get(recordKey(number))?.affected?.[position]?.package
      if (named == null || packageKey(named.ecosystem, named.name) !== text) {
        throw file.invalid('table packages', `${JSON.stringify(text)} names a record of another package`)
      }
      const place = number * 2 ** 20 + position
      if (place <= previous) throw file.invalid('table packages', `${JSON.stringify(text)} is out of order`)
      previous = place
      entries++
      counts.set(named.ecosystem, (counts.get(named.ecosystem) ?? 0) + 1)
    }
  }
  if (entries !== stated || entries !== meta.entries) {
    throw file.invalid('table packages', `${entries} entries, the records have ${stated}`)
  }
  for (const { key, value } of tables.ecosystems.entries()) {
    const ecosystem = key.toString('utf8')
    if (counts.get(ecosystem) !== value)
      throw file.invalid('table ecosystems', `count of ${ecosystem} is wrong`)
    counts.delete(ecosystem)
  }
  for (const ecosystem of counts.keys()) throw file.invalid('table ecosystems', `${ecosystem} is missing`)
  for (const { key, value } of tables.aliases.entries()) {
    await pause()
    const group = typeof value === 'string' ? tables.aliases.get(Buffer.from(value)) : value
    if (!Array.isArray(group) || !group.includes(key.toString('utf8'))) {
      throw file.invalid('table aliases', `${key.toString('utf8')} leads to no group of its own`)
    }
  }
  for (const table of [tables.kev, tables.epss]) {
    for (const _ of table?.entries() ?? []) await pause()
  }
}

/** Lets others run now and then, and ends when the signal says so. */
function pausing(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  let calls = 0
  return () => {
    if (++calls % pauseEvery !== 0) return undefined
    signal?.throwIfAborted()
    return new Promise((resolve) => {
      setImmediate(resolve)
    })
  }
}
