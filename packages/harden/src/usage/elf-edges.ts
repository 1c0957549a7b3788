import type { FileNode, FileTree } from '@sallyport/image'
import { hardwareVariants, isLibrary } from '../elf/library-search.ts'
import { namesOfCLibrary } from './c-library.ts'
import type { AddEdge } from './add-edge.ts'
import { configurationIn } from './configuration-folders.ts'
import type { EdgeContext } from './edge-context.ts'
import type { FileContent } from './file-contents.ts'
import { addNamed, findCommand } from './find-command.ts'
import { isLayoutFolder } from './folder-files.ts'
import { isIndexFile } from './ignored-paths.ts'
import { addProfile, isLoginOnly, startsLogins } from './login-shells.ts'
import type { UsageEdgeKind } from './usage.ts'

/** Edges of a program or library: what the dynamic linker loads for it, and what texts in it name. */
export function addElfEdges(
  { tree, libraries, searchPath }: EdgeContext,
  node: FileNode,
  { elf, names: all }: Extract<FileContent, { type: 'elf' }>,
  add: AddEdge,
): void {
  const names = namesOfCLibrary(elf.soname, all, (path) => tree.resolve(path)?.type === 'directory')
  if (elf.interpreter) addNamed(tree, elf.interpreter, (to) => add('interpreter', true, to, elf.interpreter))
  const addLibrary = (kind: UsageEdgeKind, certain: boolean, name: string) => {
    const at = libraries.locate(tree, { path: node.path, elf }, name)
    if (at === undefined) return
    add(kind, certain, tree.resolve(at)!.path, name)
    // The name that is looked up may be a link, which must stay as well.
    addNamed(tree, at, (to) => add(kind, certain, to, name))
    for (const variant of hardwareVariants(at)) addNamed(tree, variant, (to) => add(kind, false, to, name))
  }
  for (const name of elf.needed) addLibrary('needed', true, name)
  if (elf.startsShell) addNamed(tree, '/bin/sh', (to) => add('popen', true, to, 'popen, system or wordexp'))
  for (const name of names.libraries)
    if (!elf.needed.includes(name) && name !== elf.soname) addLibrary('dlopen', false, name)
  for (const word of names.commands) {
    const command = findCommand(tree, searchPath, word)
    if (command) add('command-string', false, command.path, word)
  }
  for (const path of names.paths) {
    if (isLoginOnly(node.path, path)) continue
    const end = tree.resolve(path)
    if (!end || isIndexFile(end.path)) continue
    if (end.type !== 'directory') {
      addNamed(tree, path, (to) => add('path-string', false, to, path))
      continue
    }
    // Under another name than its own it is found by the link only.
    if (isLinkTo(tree, path)) addNamed(tree, path, (to) => add('path-string', false, to, path))
    for (const file of configurationIn(tree, path, isConfiguration)) add('path-string', false, file, path)
    // A folder of plugins; the folders of all libraries, and those of the system's layout, are none.
    const isSearched = libraries.folders.some((folder) => tree.resolve(folder)?.path === end.path)
    if (isSearched || searchPath.includes(end.path) || isLayoutFolder(end.path)) continue
    addPlugins(tree, end.path, 2, (to) => add('dlopen', false, to, path))
  }
  if (startsLogins(node.path)) addProfile(tree, 'starts login shells', add)
}

/** Whether a name is a link of the kind that a package brings: those of the system's layout are always there. */
const isLinkTo = (tree: FileTree, name: string) =>
  !isLayoutFolder(name) && tree.resolve(name, { followLast: false })?.type === 'symlink'

/** Whether a file of a folder in `/etc` is one to be read by a program: others there are scripts and lists of other programs. */
const isConfiguration = (path: string) => /\.(?:conf|cnf|cfg|ini|toml|ya?ml|json|xml|properties)$/.test(path)

const maxPlugins = 5_000

function addPlugins(tree: FileTree, folder: string, depth: number, add: (path: string) => void): void {
  for (const { path, type } of tree.children(folder).slice(0, maxPlugins)) {
    if (type !== 'directory') {
      if (isLibrary(path)) add(path)
    } else if (depth > 0) addPlugins(tree, path, depth - 1, add)
  }
}
