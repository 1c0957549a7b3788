import type { FileNode } from '@sallyport/image'
import { apkDatabases } from './apk/read-apk.ts'
import { type DatabaseFamily, databaseFamily } from './distro/known-distros.ts'
import { dpkgFolders } from './dpkg/read-dpkg.ts'
import type { ImageFiles } from './files/image-files.ts'
import type { TrackedFiles } from './files/track-reads.ts'
import { existsInTree } from './internal/read-text.ts'
import type { Distro, InventoryGap, Package } from './inventory.ts'
import { rpmDatabaseExaminer } from './rpm/examine-database.ts'
import { rpmDatabases } from './rpm/read-rpm.ts'

/** Databases that are recognised and not read yet. */
const unreadDatabases: readonly (readonly [string, string])[] = [
  ['opkg', '/var/lib/opkg/status'],
  ['opkg', '/usr/lib/opkg/status'],
  ['pacman', '/var/lib/pacman/local'],
  ['portage', '/var/db/pkg'],
  ['Nix', '/nix/store'],
  ['Chisel', '/var/lib/chisel/manifest.wall'],
]

/** System databases that are there and not read. */
export function findUnreadDatabases(image: ImageFiles): InventoryGap[] {
  const found = unreadDatabases.filter(([, path]) => existsInTree(image, path))
  return found
    .filter(([name], index) => found.findIndex(([other]) => other === name) === index)
    .map(([name, path]) => ({
      code: 'UNSUPPORTED',
      path,
      message: `${path}: databases of ${name} are not read yet`,
    }))
}

const strayDatabases: readonly (readonly [DatabaseFamily, RegExp])[] = [
  ['dpkg', /\/dpkg\/status$/],
  ['dpkg', /\/dpkg\/status\.d\/[^/]+(?<!\.md5sums)$/],
  ['apk', /\/apk\/db\/installed$/],
  ['rpm', /\/(?:rpmdb\.sqlite|rpm\/Packages(?:\.db)?|rpmmanifest\/container-manifest-2)$/],
]
/** A copy that rpm-ostree keeps of the database as the base had it. */
const ostreeCopy = /\/rpm-ostree-base-db\//

/** System databases in places where no reader looks: of another root, or of a tool that was told to keep them there. */
export function findStrayDatabases(image: TrackedFiles): InventoryGap[] {
  const gaps: InventoryGap[] = []
  const seen = new Set<string>()
  for (const node of image.tree.entries()) {
    const { path, type, size } = node
    if (type !== 'file' || size === 0) continue
    const family = strayDatabases.find(([, pattern]) => pattern.test(path))?.[0]
    if (!family || ostreeCopy.test(path)) continue
    const folder = path.slice(0, path.lastIndexOf('/'))
    if (seen.has(folder)) continue
    const wasRead = (one: FileNode) => image.wasAsked(one) || image.wasAsked(one, rpmDatabaseExaminer.name)
    if (wasRead(node)) continue
    seen.add(folder)
    // Beside the stanzas in `status.d` lie scripts of their packages.
    if (folder.endsWith('/status.d') && image.tree.children(folder).some(wasRead)) continue
    const message = `${path}: a database of ${family} that does not lie where the image's own does is not read`
    gaps.push({ code: 'UNSUPPORTED', path, message })
  }
  return gaps
}

/** What should tell the packages of the image, and is not there. */
export function findMissingDatabases(
  image: ImageFiles,
  distro: Distro | undefined,
  packages: readonly Package[],
  unread: readonly InventoryGap[],
): InventoryGap[] {
  const family = distro && databaseFamily(distro.id)
  if (family && unread.length === 0 && !hasDatabase(image, family)) {
    const message = `${distro.id} without a database of ${family}: nothing tells what it holds`
    return [{ code: 'DATABASE_MISSING', message }]
  }
  if (packages.length > 0 || unread.length > 0) return []
  if (hasDatabase(image, 'dpkg') || hasDatabase(image, 'apk') || hasDatabase(image, 'rpm')) return []
  return [{ code: 'DATABASE_MISSING', message: 'no package of any kind was found, and no package database' }]
}

function hasDatabase(image: ImageFiles, family: DatabaseFamily): boolean {
  switch (family) {
    case 'dpkg':
      return dpkgFolders.some((root) =>
        [`${root}/status`, `${root}/status.d`].some((path) => existsInTree(image, path)),
      )
    case 'apk':
      return apkDatabases.some((path) => existsInTree(image, path))
    case 'rpm':
      return rpmDatabases.some((path) => existsInTree(image, path))
  }
}
