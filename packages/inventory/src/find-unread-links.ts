import type { FileNode } from '@sallyport/image'
import type { TrackedFiles } from './files/track-reads.ts'
import { maxLinkedFiles } from './internal/limits.ts'
import type { InventoryGap } from './inventory.ts'
import type { PackageReader } from './reader.ts'

/**
 * Files that only a link gives the name by which a reader would know them, such as `app.jar -> /data/1`: whoever uses
 * the link runs what is there, and no reader looked. What system packages own is known by these.
 */
export function findUnreadLinks(
  image: TrackedFiles,
  readers: readonly PackageReader[],
  owners: ReadonlyMap<string, unknown>,
): InventoryGap[] {
  const gaps = new Map<string, InventoryGap>()
  const isUnread = (path: string, target: FileNode): boolean => {
    if (owners.has(target.path)) return false
    const candidate = { path, mode: target.mode, size: target.size }
    return readers.some(
      ({ selects, examiners = [] }) =>
        (selects?.(candidate) === true && !image.wasAsked(target)) ||
        examiners.some((one) => one.selects(candidate) && !image.wasAsked(target, one.name)),
    )
  }
  const check = (path: string, target: FileNode): void => {
    if (target.type !== 'file' || gaps.has(target.path) || !isUnread(path, target)) return
    const message = `${path}: leads to ${target.path}, which does not bear such a name and is not read`
    gaps.set(target.path, { code: 'UNSUPPORTED', path, message })
  }
  let left = maxLinkedFiles
  for (const { path, type } of image.tree.entries()) {
    const target = type === 'symlink' ? image.tree.resolve(path) : undefined
    if (target === undefined) continue
    check(path, target)
    // Below a folder of the same name all files have the names that count.
    if (target.type !== 'directory' || nameOf(target.path) === nameOf(path)) continue
    for (const child of image.tree.children(target.path)) {
      if (--left < 0) {
        const message = `links lead to more than ${maxLinkedFiles} files; what the rest of them name is not known`
        return [...gaps.values(), { code: 'UNREADABLE', message }]
      }
      check(`${path}/${nameOf(child.path)}`, child)
    }
  }
  return [...gaps.values()]
}

const nameOf = (path: string) => path.slice(path.lastIndexOf('/') + 1)
