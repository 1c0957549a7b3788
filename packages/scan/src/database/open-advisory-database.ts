import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { type Digest, digestAlgorithm, toDigest } from '@sallyport/core'
import type { AdvisoryEntry, AdvisoryIndex } from '../advisories/advisory-index.ts'
import { ScanError } from '../errors.ts'
import type { ScanData } from '../scan-report.ts'
import { DatabaseFile } from './database-file.ts'
import { nameForm, packageKey, recordKey } from './database-keys.ts'
import { type DatabaseMeta, type DatabaseSource, readMeta } from './database-meta.ts'
import { type DatabaseTables, openTables } from './database-tables.ts'
import type { TableReader } from './table-reader.ts'
import { verifyTables } from './verify-tables.ts'

/** How much is read at once where all of a file is. */
const pieceBytes = 4 * 1024 * 1024

/** Options of {@link openAdvisoryDatabase}. */
export interface OpenAdvisoryDatabaseOptions {
  /** The digest that the file must have; all of it is read once to see. Default: not compared. */
  readonly expectedDigest?: Digest | undefined
  /** Reads and checks every entry before anything else, which takes seconds for a large one. Default `false`. */
  readonly verify?: boolean | undefined
  /** Ends the reading that `expectedDigest` and `verify` ask for; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** A database of advisories. Only what is looked up is read; what is read is checked against its checksum. */
export interface AdvisoryDatabase extends AdvisoryIndex, Disposable {
  /** The file. */
  readonly path: string
  /** When it was built, ISO 8601. */
  readonly builtAt: string
  /** What it was made of. */
  readonly sources: readonly DatabaseSource[]
  /** What it was made of, as reports name it. */
  readonly data: readonly ScanData[]
  /** Number of records that were left out because they are withdrawn. */
  readonly withdrawn: number
  /** Closes the file; look-ups throw `DATA_UNAVAILABLE` from then on. */
  close(): void
}

/**
 * Opens a database that {@link buildAdvisoryDatabase} made. It takes some tenths of a millisecond, whatever its size;
 * processes that open the same file share the system's cache of it. Look-ups are synchronous, and throw
 * `DATABASE_INVALID` where the bytes that they need are damaged: never is the answer shorter instead.
 *
 * @throws {ScanError} `DATABASE_INVALID` when it is no database, or a damaged one; says what and where.
 * @throws {ScanError} `DATABASE_UNVERIFIED` when it is another file than `expectedDigest` names.
 * @throws {ScanError} `DATA_UNAVAILABLE` when it can't be read.
 * @throws {ScanError} `ADVISORIES_EMPTY` when it holds no advisory.
 */
export async function openAdvisoryDatabase(
  path: string,
  { expectedDigest, verify = false, signal }: OpenAdvisoryDatabaseOptions = {},
): Promise<AdvisoryDatabase> {
  signal?.throwIfAborted()
  const file = new DatabaseFile(path)
  try {
    if (expectedDigest !== undefined) await compareDigest(file, expectedDigest, signal)
    const meta = readMeta(file)
    if (meta.names !== nameForm()) {
      throw file.invalid('names of packages', 'normalised in another way than this release does')
    }
    if (meta.size === 0 || meta.entries === 0) {
      throw new ScanError(
        'ADVISORIES_EMPTY',
        `${path}: holds no advisory; build the database again, or pull it`,
      )
    }
    const tables = openTables(file, meta)
    if (meta.size !== tables.records.extent.entries) {
      throw file.invalid('table records', `${tables.records.extent.entries} records, expected ${meta.size}`)
    }
    if (verify) await verifyTables(file, meta, tables, signal)
    return toDatabase(file, meta, tables)
  } catch (error) {
    file.close()
    throw error
  }
}

/** Reads through the descriptor that all look-ups use: another file may have the path by now. */
async function compareDigest(file: DatabaseFile, expected: Digest, signal?: AbortSignal): Promise<void> {
  const hash = createHash(digestAlgorithm(expected))
  for (let offset = 0; offset < file.size; offset += pieceBytes) {
    hash.update(file.read(offset, Math.min(pieceBytes, file.size - offset), 'all of it'))
    await setImmediate()
    signal?.throwIfAborted()
  }
  const actual = toDigest(hash, digestAlgorithm(expected))
  if (actual !== expected) {
    throw new ScanError('DATABASE_UNVERIFIED', `${file.path}: expected ${expected}, got ${actual}`)
  }
}

function toDatabase(file: DatabaseFile, meta: DatabaseMeta, tables: DatabaseTables): AdvisoryDatabase {
  const { records, packages, ecosystems, aliases, kev, epss } = tables
  const find = (ecosystem: string, name: string): readonly AdvisoryEntry[] => {
    const key = toKey(packageKey(ecosystem, name))
    const pairs = (key === undefined ? undefined : packages.get(key)) ?? []
    const entries: AdvisoryEntry[] = []
    for (let index = 0; index < pairs.length; index += 2) {
      const record = records.get(recordKey(pairs[index] ?? 0))
      const affected = record?.affected?.[pairs[index + 1] ?? 0]
      if (record === undefined || affected?.package == null) {
        throw file.invalid(`package ${ecosystem} ${name}`, 'names a record that is not there')
      }
      entries.push({ record, affected })
    }
    return entries
  }
  const aliasesOf = (id: string): readonly string[] => {
    const value = lookUp(aliases, id)
    if (value === undefined) return [id]
    const group = typeof value === 'string' ? lookUp(aliases, value) : value
    if (group === undefined || typeof group === 'string' || !group.includes(id)) {
      throw file.invalid(`aliases of ${id}`, 'its group is not there')
    }
    return group
  }
  const feeds = [
    ...(meta.kev === undefined ? [] : [{ name: 'KEV', updatedAt: meta.kev.updatedAt }]),
    ...(meta.epss === undefined ? [] : [{ name: 'EPSS', updatedAt: meta.epss.updatedAt }]),
  ]
  return {
    path: file.path,
    builtAt: meta.builtAt,
    size: meta.size,
    withdrawn: meta.withdrawn,
    updatedAt: meta.updatedAt,
    digest: meta.digest,
    sources: meta.sources,
    data: [...meta.sources.map(({ name, updatedAt, digest }) => ({ name, updatedAt, digest })), ...feeds],
    count: (ecosystem) => lookUp(ecosystems, ecosystem) ?? 0,
    find,
    aliasesOf,
    ...(kev === undefined ? {} : { kev: (cve: string) => lookUp(kev, cve) }),
    ...(epss === undefined ? {} : { epss: (cve: string) => lookUp(epss, cve) }),
    close: () => file.close(),
    [Symbol.dispose]: () => file.close(),
  }
}

function lookUp<T>(table: TableReader<T>, text: string): T | undefined {
  const key = toKey(text)
  return key === undefined ? undefined : table.get(key)
}

/** Half a character has no bytes of its own; no key has one. */
function toKey(text: string): Buffer | undefined {
  return text.isWellFormed() ? Buffer.from(text) : undefined
}
