import type { FileNode } from '@sallyport/image'
import type { ImageFiles } from '../files/image-files.ts'

const folderName = '/node_modules/'
const installedName = /^(?:@[^/]+\/)?[^/@.][^/]*$/
/** A `node_modules`, or a scope in it. */
const linkedFolder = /\/node_modules(?:\/@[^/]+)?$/
/** Folders in which packages lie that nothing runs. */
const sampleFolder =
  /\/(?:tests?|__tests__|specs?|fixtures?|__fixtures__|examples?|demos?|mocks?|__mocks__|templates?|benchmarks?)\//i

/** Whether a folder lies right below a `node_modules`, or below a scope there. */
export function isInstalled(root: string): boolean {
  const at = root.lastIndexOf(folderName)
  // A folder such as node_modules/.cache is no package.
  return at >= 0 && installedName.test(root.slice(at + folderName.length))
}

/**
 * Real folders that a link in a `node_modules` leads to: workspaces, and packages installed from a folder. Where a
 * `node_modules` or a scope is itself a link, all that lie below its target.
 */
export function findLinked({ tree }: Pick<ImageFiles, 'tree'>): ReadonlySet<string> {
  const found = new Set<string>()
  const seen = new Set<string>()
  const addBelow = (folder: string): void => {
    if (seen.has(folder)) return
    seen.add(folder)
    for (const { path } of tree.children(folder)) {
      const target = tree.resolve(path)
      if (target?.type !== 'directory' || isInstalled(target.path)) continue
      if (path.startsWith(`${folder}/@`)) addBelow(target.path)
      else found.add(target.path)
    }
  }
  for (const { path, type } of tree.entries()) {
    const isFolder = linkedFolder.test(path)
    if (type !== 'symlink' || !(isFolder || (path.includes(folderName) && isInstalled(path)))) continue
    const target = tree.resolve(path)
    if (target?.type !== 'directory') continue
    if (isFolder) addBelow(target.path)
    else if (!isInstalled(target.path)) found.add(target.path)
  }
  return found
}

/**
 * Whether a folder with a `package.json`, which is not installed by its place, holds a package all the same: one that
 * lies on its own, such as an app or Debian's `/usr/share/nodejs/<name>`, or one that another package brings along in a
 * folder of its name, as bundlers do. What merely is a sample in another package is none.
 */
export function isPresent(root: string, name: string, isPackage: (root: string) => boolean): boolean {
  const around = findAround(root, isPackage)
  if (around === undefined) return !root.includes(folderName)
  const inside = root.slice(around.length)
  if (inside.includes('/.') || sampleFolder.test(inside)) return false
  return root.slice(root.lastIndexOf('/') + 1) === name.slice(name.lastIndexOf('/') + 1)
}

function findAround(root: string, isPackage: (root: string) => boolean): string | undefined {
  for (let at = root.lastIndexOf('/'); at >= 0; at = root.lastIndexOf('/', at - 1)) {
    if (isPackage(root.slice(0, at))) return root.slice(0, at)
    if (at === 0) break
  }
  return undefined
}

/** Each file goes to the innermost installed folder around it; `node_modules/.bin` and the like to none. */
export function groupFiles(
  entries: Iterable<FileNode>,
  isRoot: (root: string) => boolean,
): ReadonlyMap<string, string[]> {
  const files = new Map<string, string[]>()
  for (const { path, type } of entries) {
    if (type === 'directory') continue
    const root = innermostRoot(path, isRoot)
    if (root === undefined) continue
    const group = files.get(root)
    if (group) group.push(path)
    else files.set(root, [path])
  }
  return files
}

function innermostRoot(path: string, isRoot: (root: string) => boolean): string | undefined {
  for (let at = path.lastIndexOf(folderName); at >= 0; at = path.lastIndexOf(folderName, at - 1)) {
    const inside = path.slice(at + folderName.length)
    if (inside.startsWith('.')) return undefined
    const first = inside.indexOf('/')
    const end = inside.startsWith('@') && first >= 0 ? inside.indexOf('/', first + 1) : first
    const root = end < 0 ? undefined : path.slice(0, at + folderName.length + end)
    if (root !== undefined && isRoot(root)) return root
    if (at === 0) break
  }
  return undefined
}
