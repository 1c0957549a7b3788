import type { FileNode, FileTree } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'

const isBusybox = (path: string) => /^(?:\/usr)?\/s?bin\/(?:busybox(?:[.-][a-z]+)?|bbsuid)$/.test(path)

/**
 * Tells links that came with a package although its database does not list them: in images made without dpkg, whose
 * databases (`status.d`) list sums of regular files alone, links of the same layer as the file they lead to; in those
 * of apk the links to busybox, one for each command, that its trigger makes.
 */
export function createBuiltLinks(tree: FileTree, packages: readonly Package[]): (link: FileNode) => boolean {
  const files = new Set(
    packages.filter(({ dpkg }) => dpkg?.statusPath.includes('/status.d/')).flatMap((found) => found.files),
  )
  const hasBusybox = packages.some(({ type, files: own }) => type === 'apk' && own.some(isBusybox))
  if (files.size === 0 && !hasBusybox) return () => false
  return ({ path, type, layer }) => {
    if (hasBusybox && type === 'symlink' && isBusybox(tree.resolve(path)?.path ?? '')) return true
    if (type !== 'symlink' || !/^\/(?:usr|lib|lib64|bin|sbin)\//.test(path)) return false
    const end = tree.resolve(path)
    return end !== undefined && end.layer === layer && files.has(end.path)
  }
}
