import { filterLinkerCache } from '../apply/indexes/filter-linker-cache.ts'
import type { Comparison } from './comparison.ts'
import type { Violation } from './invariant.ts'

const maxCacheBytes = 64 * 1024 * 1024

/** I6, of indexes: the linker's cache names no library that was there and is gone. */
export async function findStaleIndexes(
  { before: { image: before }, after: { image: after } }: Comparison,
  signal?: AbortSignal,
): Promise<readonly Violation[]> {
  const node = after.tree.resolve('/etc/ld.so.cache')
  if (node?.type !== 'file' || node.size > maxCacheBytes) return []
  const gone = new Set<string>()
  filterLinkerCache(await after.readFile(node, { maxBytes: maxCacheBytes, signal }), (path) => {
    const isGone = before.tree.resolve(path) !== undefined && after.tree.resolve(path) === undefined
    if (isGone) gone.add(path)
    return isGone
  })
  return [...gone].map((path) => ({
    message: `${node.path} names ${path}, which left`,
    at: node.path,
    path: before.tree.resolve(path)?.path,
  }))
}
