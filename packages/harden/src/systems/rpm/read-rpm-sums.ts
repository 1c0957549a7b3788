import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import { readHeaders } from './edit-database.ts'
import { findDatabases } from './find-databases.ts'
import { packageKey, parseRpmPackage } from './parse-rpm-package.ts'

/** What a header says a file's content hashes to. */
interface RpmSum {
  readonly algorithm: 'md5' | 'sha1' | 'sha256'
  /** Lower-case hexadecimal. */
  readonly value: string
}

const maxDatabaseBytes = 256 * 1024 * 1024
const ghostFlag = 1 << 6
const algorithms: ReadonlyMap<number, RpmSum['algorithm']> = new Map([
  [1, 'md5'],
  [2, 'sha1'],
  [8, 'sha256'],
])

/**
 * Reads the sums of files that rpm's headers record, by canonical path: of what is installed, and no ghosts.
 *
 * @throws {SyntaxError} when a database can't be read.
 */
export async function readRpmSums(
  image: Pick<Image, 'tree' | 'readFile'>,
  signal?: AbortSignal,
): Promise<(found: Package) => ReadonlyMap<string, RpmSum>> {
  const sums = new Map<string, Map<string, RpmSum>>()
  for (const { node } of findDatabases(image.tree)) {
    const database = await image.readFile(node, { maxBytes: maxDatabaseBytes, signal })
    for (const header of (await readHeaders(database, signal)).values()) {
      const { key, files } = parseRpmPackage(header)
      const known = sums.get(key) ?? new Map<string, RpmSum>()
      sums.set(key, known)
      for (const { path, state, flags, sum, algorithm: number } of files) {
        const algorithm = algorithms.get(number)
        if (sum === undefined || algorithm === undefined || state !== 0 || (flags & ghostFlag) !== 0) continue
        known.set(image.tree.canonicalize(path), { algorithm, value: sum })
      }
    }
  }
  return ({ name, version, arch }) => sums.get(packageKey(name, version, arch)) ?? new Map()
}
