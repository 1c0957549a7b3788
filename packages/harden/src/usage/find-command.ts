import type { FileNode, FileTree } from '@sallyport/image'
import { linksInParents, type TreeView } from '../tree-view.ts'

/** Adds the file that a name leads to: the links in its parents and the last one, each as an edge of its own. */
export function addNamed(tree: FileTree, name: string, add: (path: string) => void): boolean {
  const first = tree.resolve(name, { followLast: false })
  if (!first || first.type === 'directory') return false
  if (first.path !== name) for (const { path } of linksInParents(tree, name)) add(path)
  add(first.path)
  return true
}

/** Finds a command as a shell does: by path, or in the folders of PATH. */
export function findCommand(
  tree: TreeView,
  searchPath: readonly string[],
  word: string,
): FileNode | undefined {
  const candidates = word.includes('/')
    ? word.startsWith('/')
      ? [word]
      : []
    : searchPath.map((folder) => `${folder}/${word}`)
  for (const candidate of candidates) {
    const end = tree.resolve(candidate)
    if (end?.type === 'file' && (end.mode & 0o111) !== 0)
      return tree.resolve(candidate, { followLast: false })
  }
  return undefined
}

/** Names of the programs in the folders of PATH. */
export function commandNames(tree: FileTree, searchPath: readonly string[]): ReadonlySet<string> {
  const names = searchPath.flatMap((folder) => tree.children(tree.resolve(folder)?.path ?? folder))
  return new Set(names.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)))
}
