import { ImageError } from '../errors.ts'
import { baseName, entryPath, parentPath } from '../layer/entry-path.ts'
import type { TreeNode } from '../tree/image-tree.ts'
import type { NewEntry } from './image-edit.ts'
import { checkMetadata } from './resolve-attributes.ts'

/**
 * The new paths in the order in which a layer takes them.
 *
 * @param kept - the nodes that stay
 * @throws {ImageError} `PATH_INVALID` for a path that is not canonical, reads as a whiteout, exists, or has no
 * directory; for a hard link to something else than a file that is added.
 * @throws {ImageError} `EDIT_INVALID` for numbers out of range.
 */
export function checkAdditions(
  added: ReadonlyMap<string, NewEntry>,
  kept: ReadonlyMap<string, TreeNode>,
): ReadonlyMap<string, NewEntry> {
  for (const [path, entry] of added) {
    if (path === '/' || path !== entryPath(path))
      throw badPath(path, 'is not a canonical path below the root')
    if (baseName(path).startsWith('.wh.')) throw badPath(path, 'would be read as a whiteout')
    if (kept.has(path)) throw badPath(path, 'exists')
    const parent = parentPath(path)
    if ((kept.get(parent) ?? added.get(parent))?.type !== 'directory' && parent !== '/')
      throw badPath(path, `has no directory ${JSON.stringify(parent)} to be in`)
    if (entry.type === 'hardlink') {
      if (added.get(entry.linkTo)?.type !== 'file')
        throw badPath(path, 'is a hard link to something else than a new file')
    } else {
      checkMetadata(path, entry)
    }
  }
  const sorted = [...added].sort(([a], [b]) => (a < b ? -1 : 1))
  const isLink = ([, { type }]: readonly [string, NewEntry]) => type === 'hardlink'
  return new Map([...sorted.filter((entry) => !isLink(entry)), ...sorted.filter(isLink)])
}

function badPath(path: string, what: string): ImageError {
  const shown = path.slice(0, 200)
  return new ImageError('PATH_INVALID', `cannot add ${JSON.stringify(shown)}: it ${what}`, { path: shown })
}
