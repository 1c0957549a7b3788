import type { Image } from '@sallyport/image'
import { readApk } from './apk/read-apk.ts'
import { detectDistro } from './distro/detect-distro.ts'
import { readDpkg } from './dpkg/read-dpkg.ts'
import { InventoryError } from './errors.ts'
import { readGo } from './golang/read-go.ts'
import type { Distro, Inventory, InventoryGap, Package } from './inventory.ts'
import { readNpm } from './npm/read-npm.ts'
import { readPython } from './python/read-python.ts'
import type { PackageReader } from './reader.ts'

const readers: readonly PackageReader[] = [readDpkg, readApk, readNpm, readPython, readGo]
const maxPackages = 200_000
const rpmDatabases = ['/var/lib/rpm', '/usr/lib/sysimage/rpm', '/usr/share/rpm']

/** Options of {@link createInventory}. */
export interface CreateInventoryOptions {
  readonly signal?: AbortSignal | undefined
}

/**
 * Lists the packages of an image, by its package databases and by what is installed. What could not be read, or is
 * missing although it should be there, is a gap: an empty list without a gap never means that nothing was found.
 *
 * @throws {InventoryError} `LIMIT_EXCEEDED` above 200,000 packages.
 */
export async function createInventory(
  image: Image,
  { signal }: CreateInventoryOptions = {},
): Promise<Inventory> {
  const { distro, gap } = await detectDistro(image, signal)
  const gaps: InventoryGap[] = gap ? [gap] : []
  const packages: Package[] = []
  for (const read of readers) {
    signal?.throwIfAborted()
    packages.push(...(await read({ image, distro, signal, report: (found) => gaps.push(found) })))
    if (packages.length > maxPackages) {
      throw new InventoryError(
        'LIMIT_EXCEEDED',
        `more than ${maxPackages} packages in ${image.raw.descriptor.digest}`,
      )
    }
  }
  gaps.push(...findMissingDatabases(image, distro, packages, gaps))
  return {
    subject: image.raw.descriptor.digest,
    platform: image.platform,
    distro,
    packages: nameOwners(packages).sort(byIdentity),
    gaps,
  }
}

function findMissingDatabases(
  { tree }: Image,
  distro: Distro | undefined,
  packages: readonly Package[],
  gaps: readonly InventoryGap[],
): InventoryGap[] {
  const rpm = rpmDatabases.find((path) => tree.children(tree.canonicalize(path)).length > 0)
  if (rpm) return [{ code: 'UNSUPPORTED', path: rpm, message: `${rpm}: databases of rpm are not read yet` }]
  const hasSystem = packages.some(({ type }) => type === 'deb' || type === 'apk')
  if (hasSystem || gaps.some(({ code }) => code === 'DATABASE_EMPTY' || code === 'UNREADABLE')) return []
  if (distro) {
    return [
      {
        code: 'DATABASE_MISSING',
        message: `${distro.id} without a package database: nothing tells what it holds`,
      },
    ]
  }
  if (packages.length === 0)
    return [{ code: 'DATABASE_MISSING', message: 'no package of any kind was found' }]
  return []
}

/** Names, for each language package, the system package whose file list holds it. */
function nameOwners(packages: readonly Package[]): Package[] {
  const owners = new Map<string, string>()
  for (const { type, purl, files } of packages) {
    if (type === 'deb' || type === 'apk') for (const path of files) owners.set(path, purl)
  }
  return packages.map((found) => {
    if (found.type === 'deb' || found.type === 'apk') return found
    const ownedBy = owners.get(found.evidence.path)
    return ownedBy === undefined ? found : { ...found, ownedBy }
  })
}

function byIdentity(one: Package, other: Package): number {
  return (
    compare(one.type, other.type) ||
    compare(one.name, other.name) ||
    compare(one.version, other.version) ||
    compare(one.arch ?? '', other.arch ?? '') ||
    compare(one.evidence.path, other.evidence.path)
  )
}

const compare = (one: string, other: string) => (one < other ? -1 : one > other ? 1 : 0)
