import type { FileTree } from '@sallyport/image'
import type { ImportedName } from './find-imports.ts'

const maxDepth = 32

/** Makes the function that finds the files of Python modules (The Python Language Reference, 5: The import system). */
export function createPythonSearch(
  tree: FileTree,
  folders: readonly string[],
): (from: string, imported: ImportedName) => readonly string[] {
  let installed: readonly string[] | undefined
  return (from, { name, members }) => {
    installed ??= findInstalled(tree)
    const dots = /^\.*/.exec(name)![0].length
    const parts = name
      .slice(dots)
      .split('.')
      .filter((part) => part !== '')
    if (parts.length > maxDepth) return []
    const roots = dots > 0 ? [ancestor(from, dots)] : [packageRoot(tree, from), ...folders, ...installed]
    const found: string[] = []
    for (const root of new Set(roots)) {
      const files = findModule(tree, root, parts, members)
      if (files.length === 0) continue
      found.push(...files)
      // A standard library is there for each version; of the others the first counts.
      if (!installed.includes(root)) break
    }
    return found
  }
}

/** `__init__` of the packages on the way, the module, and those of its members that are modules. */
function findModule(
  tree: FileTree,
  root: string,
  parts: readonly string[],
  members: readonly string[],
): readonly string[] {
  const files: string[] = []
  let folder = root
  for (const part of parts) {
    const own = [...moduleFiles(tree, folder, part), ...packageFiles(tree, `${folder}/${part}`)]
    const isPackage = tree.resolve(`${folder}/${part}`)?.type === 'directory'
    if (own.length === 0 && !isPackage) return part === parts[0] ? [] : files
    files.push(...own)
    folder = `${folder}/${part}`
  }
  for (const member of members)
    files.push(...moduleFiles(tree, folder, member), ...packageFiles(tree, `${folder}/${member}`))
  return files
}

const packageFiles = (tree: FileTree, folder: string) => moduleFiles(tree, folder, '__init__')

function moduleFiles(tree: FileTree, folder: string, name: string): readonly string[] {
  const source = tree.resolve(`${folder}/${name}.py`)
  if (source?.type === 'file') return [source.path]
  const real = tree.resolve(folder)
  if (real?.type !== 'directory') return []
  const compiled = [real.path, `${real.path}/lib-dynload`].flatMap((at) => extensionsIn(tree, at, name))
  return compiled.slice(0, 8)
}

const listed = new WeakMap<FileTree, Map<string, ReadonlyMap<string, readonly string[]>>>()

/** Compiled modules of a folder by their names: `_ssl.cpython-311-x86_64-linux-gnu.so`, `x.abi3.so`. */
function extensionsIn(tree: FileTree, folder: string, name: string): readonly string[] {
  let folders = listed.get(tree)
  if (!folders) listed.set(tree, (folders = new Map()))
  let byName = folders.get(folder)
  if (!byName) {
    const modules = new Map<string, string[]>()
    for (const { path } of tree.children(folder)) {
      const file = path.slice(folder.length + 1)
      if (!file.endsWith('.so')) continue
      const module = file.slice(0, file.indexOf('.'))
      modules.set(module, [...(modules.get(module) ?? []), path])
    }
    folders.set(folder, (byName = modules))
  }
  return byName.get(name) ?? []
}

/** The folder that `.` (or one higher for each more) means in a file. */
function ancestor(from: string, dots: number): string {
  let folder = from
  for (let index = 0; index < dots; index++) folder = folder.slice(0, folder.lastIndexOf('/'))
  return folder
}

/** The folder that a file's outermost package lies in. */
function packageRoot(tree: FileTree, from: string): string {
  let folder = ancestor(from, 1)
  for (let depth = 0; depth < maxDepth && tree.get(`${folder}/__init__.py`); depth++)
    folder = ancestor(folder, 1)
  return folder
}

function findInstalled(tree: FileTree): readonly string[] {
  const folders: string[] = []
  for (const { path, type } of tree.entries())
    if (type === 'directory' && /\/(?:python3(?:\.\d+)?|pypy3[^/]*|(?:site|dist)-packages)$/.test(path))
      folders.push(path)
  return folders.filter((folder) => !/^\/(?:etc|var|usr\/share\/doc)\//.test(folder))
}
