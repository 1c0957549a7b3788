import type { FileNode, FileTree, Image, ImageEdit } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import { withoutPaths } from '../tree-view.ts'
import { isGenerated, isPackageManagerCache } from '../usage/ignored-paths.ts'
import { createBuiltLinks } from '../usage/built-links.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'
import { filterIndexes } from './indexes/filter-indexes.ts'
import { removeEmptyFolders } from './remove-empty-folders.ts'

/** What is to be changed in the file system for a plan. */
export interface PlannedEdit extends Pick<ImageEdit, 'add' | 'attributes' | 'config'> {
  readonly remove: ReadonlySet<string>
  readonly replace: ReadonlyMap<string, Uint8Array>
  /** Paths among `remove` that no removed package owns. */
  readonly unowned: readonly string[]
}

/** Works out which paths leave with the packages of a plan, and how the databases change. Nothing is written. */
export async function planEdit(
  image: Image,
  { removed, kept: keptWithUsage }: HardenPlan,
  systems: OpenedSystems,
): Promise<PlannedEdit> {
  const { tree } = image
  const kept = keptWithUsage.map(({ package: found }) => found)
  const keptFiles = new Set(kept.flatMap((found) => [...found.files, ...systems.recordPaths(found)]))
  const owned = new Set(
    removed
      .flatMap((found) => [...found.files, ...systems.recordPaths(found)])
      .filter((path) => !keptFiles.has(path)),
  )
  const remove = new Set(owned)
  addGarbage(tree, [...removed, ...kept], keptFiles, owned, remove)
  const replace = new Map<string, Uint8Array>()
  await systems.removePackages({ remove, replace }, removed, kept)
  await filterIndexes(image, { remove, replace }, (path) => keptFiles.has(path))
  await removeEmptyFolders(image, kept, remove, systems)
  return { remove, replace, unowned: [...remove].filter((path) => !owned.has(path)).sort() }
}

/** Adds what means nothing any more: caches, bytecode without its source, and generated links that lead nowhere. */
function addGarbage(
  tree: FileTree,
  packages: readonly Package[],
  keptFiles: ReadonlySet<string>,
  owned: ReadonlySet<string>,
  remove: Set<string>,
): void {
  const isBuilt = createBuiltLinks(tree, packages)
  const links: string[] = []
  for (const node of tree.entries()) {
    const { path, type } = node
    if (type === 'directory' || remove.has(path) || keptFiles.has(path)) continue
    if (isPackageManagerCache(path) || isOrphanedBytecode(path, owned)) remove.add(path)
    else if (type === 'symlink' && (isGeneratedLink(node) || isBuilt(node)) && tree.resolve(path))
      links.push(path)
  }
  // Links may lead over links: each is judged by where it ends, so the order does not matter.
  const view = withoutPaths(tree, remove)
  for (const path of links.filter((link) => !view.resolve(link))) remove.add(path)
}

function isGeneratedLink({ path, linkTarget }: FileNode): boolean {
  return isGenerated(path) || linkTarget!.startsWith('/etc/alternatives/')
}

/** `__pycache__/x.cpython-311.pyc` beside a removed `x.py`. */
function isOrphanedBytecode(path: string, removed: ReadonlySet<string>): boolean {
  if (!path.endsWith('.pyc')) return false
  const match = /^(.*)\/__pycache__\/([^/]+?)\.[^/]+\.pyc$/.exec(path)
  return match !== null && removed.has(`${match[1]}/${match[2]}.py`)
}
