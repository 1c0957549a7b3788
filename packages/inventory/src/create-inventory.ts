import type { Image } from '@sallyport/image'
import { detectDistro } from './distro/detect-distro.ts'
import { InventoryError } from './errors.ts'
import type { ImageFiles } from './files/image-files.ts'
import { openedImageFiles } from './files/opened-image-files.ts'
import { trackReads } from './files/track-reads.ts'
import { findMissingDatabases, findStrayDatabases, findUnreadDatabases } from './find-missing.ts'
import type { ContentSums } from './content-sums.ts'
import { findReplaced, type OwnedPackage } from './find-replaced.ts'
import type { FileRecord } from './recorded-sums.ts'
import { findUnreadLinks } from './find-unread-links.ts'
import { maxPackages } from './internal/limits.ts'
import type { Inventory, Package } from './inventory.ts'
import { collectGaps, type ReaderContext } from './reader.ts'

/** Options of {@link createInventory}. */
export interface CreateInventoryOptions {
  /** Ends the work; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Lists the packages of an image, by its package databases and by what is installed. What could not be read, or is
 * missing although it should be there, is a gap: an empty list without a gap never means that nothing was found.
 *
 * @throws {InventoryError} `LIMIT_EXCEEDED` above 200,000 packages.
 */
export function createInventory(image: Image, options: CreateInventoryOptions = {}): Promise<Inventory> {
  return inventoryFiles(openedImageFiles(image), options)
}

/** Lists the packages of an image by its files. */
export async function inventoryFiles(
  files: ImageFiles,
  { signal }: CreateInventoryOptions,
): Promise<Inventory> {
  signal?.throwIfAborted()
  const { namedFileReaders, readers } = await import('./readers.ts')
  const image = trackReads(files)
  const gaps = collectGaps()
  const { report } = gaps
  const { distro, purlDistro } = await detectDistro({ image, signal, report })
  const contents = new Map<string, ContentSums>()
  const records = new Map<Package, () => ReadonlyMap<string, FileRecord>>()
  const context: ReaderContext = {
    image,
    purlDistro,
    signal,
    report,
    noteContent: (path, sums) => void contents.set(path, sums),
    noteRecorded: (owner, filesOf) => void records.set(owner, filesOf),
  }
  const found: Package[] = []
  for (const reader of readers) {
    signal?.throwIfAborted()
    for (const one of await reader.read(context)) found.push(one)
    if (found.length > maxPackages) {
      throw new InventoryError('LIMIT_EXCEEDED', `more than ${maxPackages} packages in ${image.subject}`)
    }
  }
  const owners = findOwners(found)
  const owned = found.flatMap((one): OwnedPackage[] => {
    const owner = isSystem(one) ? undefined : owners.get(one.evidence.path)
    return owner ? [{ found: one, owner }] : []
  })
  const replaced = await findReplaced(context, owned, namedFileReaders, { contents, records })
  const unread = findUnreadDatabases(image)
  for (const gap of [
    ...unread,
    ...findMissingDatabases(image, distro, found, unread),
    ...findStrayDatabases(image),
    ...findUnreadLinks(image, namedFileReaders, owners),
  ]) {
    report(gap)
  }
  return {
    subject: image.subject,
    platform: image.platform,
    distro,
    packages: found.map((one) => nameOwner(one, owners, replaced)).sort(byIdentity),
    gaps: gaps.list(),
  }
}

const isSystem = ({ type }: Package) => type === 'deb' || type === 'apk' || type === 'rpm'

function findOwners(packages: readonly Package[]): ReadonlyMap<string, Package> {
  const owners = new Map<string, Package>()
  for (const one of packages) {
    if (isSystem(one)) for (const path of one.files) owners.set(path, one)
  }
  return owners
}

/**
 * Names the system package whose file list holds a language package. One that is on its own owns none of the
 * system's files, whatever it claims: its lists are written by whoever made it.
 */
function nameOwner(
  one: Package,
  owners: ReadonlyMap<string, Package>,
  replaced: ReadonlySet<Package>,
): Package {
  if (isSystem(one)) return one
  const owner = owners.get(one.evidence.path)
  if (owner) return { ...one, ownedBy: owner.purl, ...(replaced.has(one) && { isReplaced: true }) }
  return one.files.some((path) => owners.has(path))
    ? { ...one, files: one.files.filter((path) => !owners.has(path)) }
    : one
}

function byIdentity(one: Package, other: Package): number {
  return (
    compare(one.type, other.type) ||
    compare(one.name, other.name) ||
    compare(one.version, other.version) ||
    compare(one.evidence.path, other.evidence.path) ||
    compare(one.purl, other.purl)
  )
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
