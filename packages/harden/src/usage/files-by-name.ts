import type { FileTree } from '@sallyport/image'

const indexes = new WeakMap<FileTree, ReadonlyMap<string, readonly string[]>>()

/** Paths of all files and links of a name, wherever they are: where a script names the folder by a variable. */
export function filesByName(tree: FileTree, name: string): readonly string[] {
  let index = indexes.get(tree)
  if (!index) indexes.set(tree, (index = buildIndex(tree)))
  return index.get(name) ?? []
}

const maxOfName = 50

function buildIndex(tree: FileTree): ReadonlyMap<string, readonly string[]> {
  const index = new Map<string, string[]>()
  for (const { path, type } of tree.entries()) {
    if (type === 'directory') continue
    const name = path.slice(path.lastIndexOf('/') + 1)
    const paths = index.get(name)
    if (!paths) index.set(name, [path])
    else if (paths.length < maxOfName) paths.push(path)
  }
  return index
}
