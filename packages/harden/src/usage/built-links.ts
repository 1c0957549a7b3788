import type { FileNode, FileTree } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'

/**
 * Tells links that came with a package although its database does not list them: in images made without dpkg, whose
 * databases (`status.d`) list sums of regular files alone, links of the same layer as the file they lead to; in those
 * of apk the links to busybox, one for each command, that its trigger makes.
 */
export function createBuiltLinks(tree: FileTree, packages: readonly Package[]): (link: FileNode) => boolean {
  const files = new Set(
    packages.filter(({ dpkg }) => dpkg?.statusPath.includes('/status.d/')).flatMap((found) => found.files),
  )
  const boxes = new Set(
    packages
      .filter(({ type, name }) => type === 'apk' && /^busybox(?:-|$)/.test(name))
      .flatMap((found) => found.files.filter((path) => box.test(path))),
  )
  if (files.size === 0 && boxes.size === 0) return () => false
  return ({ path, type, layer }) => {
    if (type !== 'symlink' || !/^\/(?:usr|lib|lib64|bin|sbin)\//.test(path)) return false
    const end = tree.resolve(path)
    if (end === undefined) return false
    return (end.layer === layer && files.has(end.path)) || boxes.has(end.path)
  }
}

const box = /^(?:\/usr)?\/s?bin\/(?:busybox(?:[.-][a-z]+)?|bbsuid)$/
