import type { FileNode, FileTree } from '@sallyport/image'
import { HardenError } from '../errors.ts'

/** How much work matching may take, shared by all patterns of one image. */
export interface MatchBudget {
  steps: number
}

/**
 * The files of an image that a pattern of an inexact record may mean: `⋯` is one part of a path, also within one, `*` any
 * number of parts, and a last part that ends in `*` all that begin so. Links in parts that are named are followed.
 *
 * @throws {HardenError} `LIMIT_EXCEEDED` when the budget is used up.
 */
export function matchPattern(tree: FileTree, pattern: string, budget: MatchBudget): ReadonlySet<FileNode> {
  const parts = pattern.split('/').filter((part) => part !== '')
  const found = new Set<FileNode>()
  const seen = new Set<string>()
  const root = tree.resolve('/')
  const pending: { readonly folder: FileNode; readonly index: number }[] = root
    ? [{ folder: root, index: 0 }]
    : []
  const enter = (node: FileNode, index: number): void => {
    if (index === parts.length || (index === parts.length - 1 && parts[index] === '*')) {
      if (node.type !== 'directory') found.add(node)
    }
    if (index === parts.length) return
    const folder = node.type === 'symlink' ? tree.resolve(node.path) : node
    if (folder?.type === 'directory') pending.push({ folder, index })
  }
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { folder, index } = next
    // Links can lead in circles: each folder once for each part.
    const key = `${index} ${folder.path}`
    if (seen.has(key)) continue
    seen.add(key)
    const part = parts[index]!
    const isLast = index === parts.length - 1
    if (part === '*') {
      if (!isLast) enter(folder, index + 1)
      for (const child of tree.children(folder.path)) {
        spend(budget, pattern)
        if (isLast && child.type !== 'directory') found.add(child)
        // Below `*`, links to folders would lead anywhere.
        if (child.type === 'directory') pending.push({ folder: child, index })
      }
      continue
    }
    if (!part.includes('*') && !part.includes('⋯')) {
      spend(budget, pattern)
      const child = tree.get(folder.path === '/' ? `/${part}` : `${folder.path}/${part}`)
      if (child) enter(child, index + 1)
      continue
    }
    for (const child of tree.children(folder.path)) {
      spend(budget, pattern)
      if (!fitsPart(child.path.slice(child.path.lastIndexOf('/') + 1), part)) continue
      enter(child, index + 1)
      // The name was cut here: more may follow.
      if (isLast && part.endsWith('*') && child.type === 'directory')
        addBelow(tree, child, found, budget, pattern)
    }
  }
  return found
}

/** Whether a name fits a part: what stands before the first wildcard and after the last one must be there. */
function fitsPart(name: string, part: string): boolean {
  const pieces = part.split(/[*⋯]/)
  const [first = ''] = pieces
  const last = pieces.at(-1) ?? ''
  return name.length >= first.length + last.length && name.startsWith(first) && name.endsWith(last)
}

function addBelow(
  tree: FileTree,
  folder: FileNode,
  found: Set<FileNode>,
  budget: MatchBudget,
  pattern: string,
): void {
  const pending = [folder]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    for (const child of tree.children(next.path)) {
      spend(budget, pattern)
      if (child.type === 'directory') pending.push(child)
      else found.add(child)
    }
  }
}

function spend(budget: MatchBudget, pattern: string): void {
  if (--budget.steps >= 0) return
  throw new HardenError('LIMIT_EXCEEDED', `the recordings have too many patterns of paths, up to ${pattern}`)
}
