import { ImageError } from '../errors.ts'
import { parentPath } from '../layer/entry-path.ts'
import type { ImageTree, TreeNode } from '../tree/image-tree.ts'
import type { ImageEdit } from './image-edit.ts'

/**
 * The nodes that stay after an edit, by path, sorted. A directory in `edit.remove` in which something stays, stays.
 *
 * @throws {ImageError} `PATH_INVALID` when the edit names a path that is not there, the root, or one path twice.
 * @throws {ImageError} `NOT_A_FILE` when it replaces the content of something else than a regular file.
 */
export function selectPaths(tree: ImageTree, edit: ImageEdit): ReadonlyMap<string, TreeNode> {
  for (const path of edit.remove) {
    if (path === '/' || tree.get(path) === undefined)
      throw badPath(path, 'cannot be removed: it is not in the image')
    if (edit.replace.has(path)) throw badPath(path, 'is both removed and replaced')
  }
  for (const path of edit.replace.keys()) {
    const node = tree.get(path)
    if (node === undefined) throw badPath(path, 'cannot be replaced: it is not in the image')
    if (node.type !== 'file') throw new ImageError('NOT_A_FILE', `${path} is a ${node.type}`, { path })
  }
  const sorted = [...tree.entries()]
  const kept = new Set<string>()
  const occupied = new Set<string>(['/'])
  // Backwards, children come before their directories.
  for (const { path, type } of sorted.toReversed()) {
    const removed = edit.remove.has(path) && !(type === 'directory' && occupied.has(path))
    if (removed) continue
    kept.add(path)
    occupied.add(parentPath(path))
  }
  return new Map(sorted.filter(({ path }) => kept.has(path)).map((node) => [node.path, node]))
}

function badPath(path: string, what: string): ImageError {
  return new ImageError('PATH_INVALID', `${JSON.stringify(path)} ${what}`, { path })
}
