import type { FileNode } from '@sallyport/image'
import type { Comparison } from './comparison.ts'
import type { Violation } from './invariant.ts'

/** I1: a link that led somewhere still does, and a new one does. */
export function findDanglingLinks({
  before: { image: before },
  after: { image: after },
}: Comparison): readonly Violation[] {
  const violations: Violation[] = []
  for (const { path, type } of after.tree.entries()) {
    if (type !== 'symlink' || after.tree.resolve(path)) continue
    const target = before.tree.resolve(path)
    const wasDangling = before.tree.get(path)?.type === 'symlink' && !target
    if (!wasDangling)
      violations.push({ message: `${path} would lead nowhere`, at: path, path: target && keepableOf(target) })
  }
  return violations

  /** What has to stay so that a target does: for a folder, one of the files that leave it. */
  function keepableOf({ path, type }: FileNode): string | undefined {
    if (type !== 'directory') return path
    const pending = [path]
    for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
      for (const child of before.tree.children(folder)) {
        if (child.type === 'directory') pending.push(child.path)
        else if (!after.tree.get(child.path)) return child.path
      }
    }
    return undefined
  }
}
