import type { FileTree } from '@sallyport/image'
import type { AddEdge } from './add-edge.ts'
import { addNamed } from './find-command.ts'
import { isLayoutFolder } from './folder-files.ts'
import { isIndexFile } from './ignored-paths.ts'
import type { UsageEdgeKind } from './usage.ts'

/** Absolute paths in a text, with `*` and `?` in their last part. */
export const pathPattern = /(?<![\w.-])\/(?:[\w.+@~-]{1,255}\/){0,32}[\w.+@~*?-]{1,255}/g
const maxPaths = 5_000
const maxGlobMatches = 500

/** Edges to the files that absolute paths in a text name. */
export function addPaths(
  tree: FileTree,
  text: string,
  add: AddEdge,
  kind: UsageEdgeKind = 'path-string',
): void {
  let count = 0
  for (const [path] of text.matchAll(pathPattern)) {
    if (++count > maxPaths) return
    if (path.includes('*') || path.includes('?')) {
      for (const match of expandGlob(tree, path)) if (!isIndexFile(match)) add(kind, false, match, path)
    } else {
      const name = path.endsWith('.') ? path.slice(0, -1) : path
      addNamed(tree, name, (to) => {
        if (!isIndexFile(to)) add(kind, false, to, path)
      })
    }
  }
}

/** Files that a pattern in the last part of a path names. */
export function expandGlob(tree: FileTree, pattern: string): readonly string[] {
  const slash = pattern.lastIndexOf('/')
  const folder = tree.resolve(pattern.slice(0, slash))
  if (folder?.type !== 'directory' || pattern.slice(0, slash).includes('*')) return []
  // All of such a folder is meant by nobody.
  if (isLayoutFolder(folder.path) && /^[*?]+$/.test(pattern.slice(slash + 1))) return []
  // One unknown character is taken as any number of them.
  const parts = pattern.slice(slash + 1).split(/[*?]/)
  return tree
    .children(folder.path)
    .filter(
      ({ path, type }) => type !== 'directory' && matchesParts(path.slice(path.lastIndexOf('/') + 1), parts),
    )
    .slice(0, maxGlobMatches)
    .map(({ path }) => path)
}

function matchesParts(name: string, parts: readonly string[]): boolean {
  const [first = '', ...rest] = parts
  if (!name.startsWith(first)) return false
  let at = first.length
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1) return name.length - at >= part.length && name.endsWith(part)
    const found = name.indexOf(part, at)
    if (found < 0) return false
    at = found + part.length
  }
  return at === name.length
}
