import { ImageError } from '../errors.ts'
import { parentPath } from '../layer/entry-path.ts'
import type { ImageTree, TreeNode } from '../tree/image-tree.ts'
import { checkAdditions } from './check-additions.ts'
import type { ImageEdit, NewEntry } from './image-edit.ts'
import { AttributeEdits } from './resolve-attributes.ts'

/** What an edit makes of the merged view. */
export interface Selection {
  /** The nodes that stay, by path, sorted. */
  readonly paths: ReadonlyMap<string, TreeNode>
  readonly replace: ReadonlyMap<string, Uint8Array>
  readonly attributes: AttributeEdits
  /** New paths in the order in which a layer takes them: parents first, hard links last. */
  readonly added: ReadonlyMap<string, NewEntry>
}

/**
 * Applies an edit to the merged view. A directory in `edit.remove` in which something stays, stays.
 *
 * @throws {ImageError} `PATH_INVALID` when the edit names a path that is not there, the root, or one path twice.
 * @throws {ImageError} `NOT_A_FILE` when it replaces the content of something else than a regular file.
 * @throws {ImageError} `EDIT_INVALID` when a mode or an owner is none, or hard links are given different metadata.
 */
export function selectPaths(tree: ImageTree, edit: ImageEdit): Selection {
  const added = edit.add ?? new Map<string, NewEntry>()
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
  const occupied = new Set<string>(['/', ...[...added.keys()].map(parentPath)])
  // Backwards, children come before their directories.
  for (const { path, type } of sorted.toReversed()) {
    const removed = edit.remove.has(path) && !(type === 'directory' && occupied.has(path))
    if (removed) continue
    kept.add(path)
    occupied.add(parentPath(path))
  }
  const paths = new Map(sorted.filter(({ path }) => kept.has(path)).map((node) => [node.path, node]))
  return {
    paths,
    replace: edit.replace,
    attributes: new AttributeEdits(paths, edit),
    added: checkAdditions(added, paths),
  }
}

function badPath(path: string, what: string): ImageError {
  return new ImageError('PATH_INVALID', `${JSON.stringify(path)} ${what}`, { path })
}
