import type { FileNode, FileTree } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'

/**
 * Tells links that came with a package of an image made without dpkg: their databases (`status.d`) list sums of regular
 * files alone, so that a package's links seem to be nobody's. Such a link lies in the same layer as the file it leads to.
 */
export function createBuiltLinks(tree: FileTree, packages: readonly Package[]): (link: FileNode) => boolean {
  const files = new Set(
    packages.filter(({ dpkg }) => dpkg?.statusPath.includes('/status.d/')).flatMap((found) => found.files),
  )
  if (files.size === 0) return () => false
  return ({ path, type, layer }) => {
    if (type !== 'symlink' || !/^\/(?:usr|lib|lib64|bin|sbin)\//.test(path)) return false
    const end = tree.resolve(path)
    return end !== undefined && end.layer === layer && files.has(end.path)
  }
}
