import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'

/**
 * Packages that moved a file of another package aside (dpkg-divert(1)) which is still there: were they removed, that
 * file would have to move back to its place, which an edit that only takes away can't do.
 */
export async function findDiverters(
  image: Image,
  packages: readonly Package[],
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  const { tree } = image
  const owned = new Set(packages.flatMap(({ files }) => files))
  const diverters = new Map<string, string>()
  const roots = new Set(
    packages.flatMap(({ dpkg }) => (dpkg ? [dpkg.statusPath.replace(/\/status(?:\.d\/[^/]*)?$/, '')] : [])),
  )
  for (const root of roots) {
    const node = tree.resolve(`${root}/diversions`)
    if (node?.type !== 'file') continue
    const lines = Buffer.from(await image.readFile(node, { signal }))
      .toString('utf8')
      .split('\n')
    for (let index = 0; index + 2 < lines.length; index += 3) {
      const moved = tree.resolve(lines[index + 1]!, { followLast: false })
      if (!moved || isDocumentation(moved.path)) continue
      // A link that nobody owns was made by the diverter's own script.
      if (moved.type === 'symlink' && !owned.has(moved.path)) continue
      diverters.set(lines[index + 2]!, `it diverts ${lines[index]}, of which another version is there`)
    }
  }
  return diverters
}

const isDocumentation = (path: string) => /^\/usr\/share\/(?:man|doc|info)\//.test(path)
