import { createHash } from 'node:crypto'
import type { ImageFiles } from './files/image-files.ts'
import { maxDatabaseBytes, maxFileListBytes } from './internal/limits.ts'
import { findFile, readText } from './internal/read-text.ts'
import type { Package } from './inventory.ts'
import { type PackageReader, type ReaderContext, readOrReport } from './reader.ts'
import { parseApkSums, parseMd5sums, type RecordedSum } from './recorded-sums.ts'

/** A language package and the system package whose list holds what names it. */
export interface OwnedPackage {
  readonly found: Package
  readonly owner: Package
}

/**
 * Finds the language packages that are not what the system package brought any more: the file that names them has another sum
 * than the database records. Where it records none, or nobody kept the file, it is what a layer above the database wrote.
 */
export async function findReplaced(
  context: Pick<ReaderContext, 'image' | 'signal' | 'report'>,
  owned: readonly OwnedPackage[],
  readers: readonly PackageReader[],
): Promise<ReadonlySet<Package>> {
  const { image, signal } = context
  const sumsOf = createSums(image, signal)
  const replaced = new Set<Package>()
  for (const { found, owner } of owned) {
    signal?.throwIfAborted()
    const isOther = await readOrReport(context, owner.evidence.path, async () => {
      const node = image.tree.get(found.evidence.path)
      if (node?.type !== 'file' || !readers.some((one) => one.selects?.(node))) return undefined
      const sum = (await sumsOf(owner)).get(node.path)
      if (!sum) return undefined
      const content = await image.readFile(node, { maxBytes: maxDatabaseBytes, signal })
      return createHash(sum.algorithm).update(content).digest('hex') !== sum.value
    })
    if (isOther ?? found.evidence.layer > owner.evidence.layer) replaced.add(found)
  }
  return replaced
}

/** Reads sums that databases of dpkg and apk record, each once, by canonical path. */
function createSums(
  image: ImageFiles,
  signal: AbortSignal | undefined,
): (owner: Package) => Promise<ReadonlyMap<string, RecordedSum>> {
  const known = new Map<Package, ReadonlyMap<string, RecordedSum>>()
  const databases = new Map<string, ReturnType<typeof parseApkSums>>()
  const read = async (path: string, maxBytes: number): Promise<string> => {
    const node = findFile(image, path)
    return node ? await readText(image, node, { maxBytes, signal }) : ''
  }
  const recorded = async ({ type, name, dpkg, evidence }: Package) => {
    if (type === 'deb') {
      const path = dpkg?.metadataPaths.find((one) => one.endsWith('.md5sums'))
      return parseMd5sums(path === undefined ? '' : await read(path, maxFileListBytes))
    }
    if (type !== 'apk') return new Map<string, RecordedSum>()
    const { path } = evidence
    if (!databases.has(path)) databases.set(path, parseApkSums(await read(path, maxDatabaseBytes)))
    return databases.get(path)!.get(name) ?? new Map<string, RecordedSum>()
  }
  return async (owner) => {
    const sums =
      known.get(owner) ??
      new Map([...(await recorded(owner))].map(([path, sum]) => [image.tree.canonicalize(path), sum]))
    known.set(owner, sums)
    return sums
  }
}
