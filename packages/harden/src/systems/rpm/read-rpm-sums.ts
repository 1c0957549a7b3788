import type { FileTree, Image } from '@sallyport/image'
import { type Package, type RecordedSum, toRecordedSum } from '@sallyport/inventory'
import { readHeaders } from './edit-database.ts'
import { type DatabaseFile, findDatabases } from './find-databases.ts'
import { packageKey, parseRpmPackage, type RpmPackage } from './parse-rpm-package.ts'

const maxDatabaseBytes = 256 * 1024 * 1024
const ghostFlag = 1 << 6

/**
 * Reads the sums of files that rpm's headers record, by canonical path: of what is installed, and no ghosts.
 *
 * Nothing of what can't be edited either: it stays as it is.
 */
export async function readRpmSums(
  image: Pick<Image, 'tree' | 'readFile'>,
  signal?: AbortSignal,
): Promise<(found: Package) => ReadonlyMap<string, RecordedSum>> {
  const sums = new Map<string, Map<string, RecordedSum>>()
  for (const { node } of readable(image.tree)) {
    const database = await image.readFile(node, { maxBytes: maxDatabaseBytes, signal })
    for (const { key, files } of await readPackages(database, signal)) {
      const known = sums.get(key) ?? new Map<string, RecordedSum>()
      sums.set(key, known)
      for (const file of files) {
        const { path, state, flags } = file
        const sum = toRecordedSum(file)
        if (sum === undefined || state !== 0 || (flags & ghostFlag) !== 0) continue
        known.set(image.tree.canonicalize(path), sum)
      }
    }
  }
  return ({ name, version, arch }) => sums.get(packageKey(name, version, arch)) ?? new Map()
}

async function readPackages(database: Uint8Array, signal?: AbortSignal): Promise<readonly RpmPackage[]> {
  try {
    return [...(await readHeaders(database, signal)).values()].map((header) => parseRpmPackage(header))
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}

function readable(tree: FileTree): readonly DatabaseFile[] {
  try {
    return findDatabases(tree)
  } catch (error) {
    if (error instanceof SyntaxError) return []
    throw error
  }
}
