import { createHash } from 'node:crypto'
import type { FileNode } from '@sallyport/image'
import type { ContentSums } from './content-sums.ts'
import type { ImageFiles } from './files/image-files.ts'
import { maxDatabaseBytes, maxFileListBytes } from './internal/limits.ts'
import { findFile, readText } from './internal/read-text.ts'
import type { Package } from './inventory.ts'
import { type PackageReader, type ReaderContext, readOrReport } from './reader.ts'
import { type FileRecord, hashOfSum, parseApkSums, parseMd5sums, type RecordedSum } from './recorded-sums.ts'

/** A language package and the system package whose list holds what names it. */
export interface OwnedPackage {
  readonly found: Package
  readonly owner: Package
}

/** What readers noted, for {@link findReplaced}. */
export interface NotedFiles {
  /** Sums of what was examined and not kept, by path. */
  readonly contents: ReadonlyMap<string, ContentSums>
  /** By the package; the paths as its record writes them. */
  readonly records: ReadonlyMap<Package, () => ReadonlyMap<string, FileRecord>>
}

/**
 * Finds the language packages that are not what the system package brought any more: the file that names them has another sum
 * than the database records. Where it records none, it is what a layer above the database wrote.
 */
export async function findReplaced(
  context: Pick<ReaderContext, 'image' | 'signal' | 'report'>,
  owned: readonly OwnedPackage[],
  readers: readonly PackageReader[],
  noted: NotedFiles,
): Promise<ReadonlySet<Package>> {
  const { image, signal, report } = context
  const recordsOf = createRecords(image, noted, signal)
  const replaced = new Set<Package>()
  const untold = new Set<Package>()

  const isReplaced = async (node: FileNode, owner: Package): Promise<boolean | undefined> => {
    const record = (await recordsOf(owner)).get(node.path)
    if (record === 'no-file') return true
    if (record === 'unknown-hash') untold.add(owner)
    if (record === undefined || record === 'unknown-hash') return undefined
    const { name, digits } = hashOfSum(record)
    const sum = noted.contents.get(node.path)?.[name] ?? (await hashKept(node, name))
    return sum === undefined ? undefined : sum.slice(0, digits) !== record.value
  }
  /** Of a file whose content is kept. */
  const hashKept = async (node: FileNode, name: keyof ContentSums): Promise<string | undefined> => {
    if (!readers.some((one) => one.selects?.(node))) return undefined
    const content = await image.readFile(node, { maxBytes: maxDatabaseBytes, signal })
    return createHash(name).update(content).digest('hex')
  }

  for (const { found, owner } of owned) {
    signal?.throwIfAborted()
    const node = image.tree.get(found.evidence.path)
    const isOther =
      node?.type === 'file'
        ? await readOrReport(context, owner.evidence.path, () => isReplaced(node, owner))
        : undefined
    if (isOther ?? found.evidence.layer > owner.evidence.layer) replaced.add(found)
  }
  for (const { name, evidence } of untold) {
    const message = `${name} in ${evidence.path}: sums of its files are of a hash that is not known; whether others lie in their place is told by layers alone`
    report({ code: 'UNSUPPORTED', path: evidence.path, message })
  }
  return replaced
}

/** Gives what databases record, each read once, by canonical path. */
function createRecords(
  image: ImageFiles,
  { records }: NotedFiles,
  signal: AbortSignal | undefined,
): (owner: Package) => Promise<ReadonlyMap<string, FileRecord>> {
  const known = new Map<Package, ReadonlyMap<string, FileRecord>>()
  const databases = new Map<string, ReturnType<typeof parseApkSums>>()
  const read = async (path: string, maxBytes: number): Promise<string> => {
    const node = findFile(image, path)
    return node ? await readText(image, node, { maxBytes, signal }) : ''
  }
  const recorded = async (owner: Package): Promise<ReadonlyMap<string, FileRecord>> => {
    const { type, name, dpkg, evidence } = owner
    if (type === 'deb') {
      const path = dpkg?.metadataPaths.find((one) => one.endsWith('.md5sums'))
      return parseMd5sums(path === undefined ? '' : await read(path, maxFileListBytes))
    }
    if (type !== 'apk') return records.get(owner)?.() ?? new Map()
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
