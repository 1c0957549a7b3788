import { encodeName, type FileNode, type FileTree, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import { withoutPaths } from '../tree-view.ts'
import { isGenerated, isPackageManagerCache } from '../usage/ignored-paths.ts'
import { createBuiltLinks } from '../usage/built-links.ts'
import { removeChoices } from './edit-alternatives.ts'
import {
  createRemovedNames,
  removeDiversions,
  removeInterests,
  removeOverrides,
  removeStanzas,
  removeStanzasByName,
  removeWaiting,
} from './edit-dpkg-database.ts'
import { removeEmptyFolders } from './remove-empty-folders.ts'

/** What is to be changed in the file system for a plan. */
export interface PlannedEdit {
  readonly remove: ReadonlySet<string>
  readonly replace: ReadonlyMap<string, Uint8Array>
  /** Paths among `remove` that no removed package owns. */
  readonly unowned: readonly string[]
}

const maxDatabaseBytes = 256 * 1024 * 1024

/** Works out which paths leave with the packages of a plan, and how the databases change. Nothing is written. */
export async function planEdit(
  image: Image,
  { removed, kept: keptWithUsage }: HardenPlan,
  signal: AbortSignal | undefined,
): Promise<PlannedEdit> {
  const { tree } = image
  const kept = keptWithUsage.map(({ package: found }) => found)
  const keptFiles = new Set(kept.flatMap(({ files, dpkg }) => [...files, ...(dpkg?.metadataPaths ?? [])]))
  const owned = new Set(
    removed
      .flatMap(({ files, dpkg }) => [...files, ...(dpkg?.metadataPaths ?? [])])
      .filter((path) => !keptFiles.has(path)),
  )
  const remove = new Set(owned)
  addGarbage(tree, [...removed, ...kept], keptFiles, owned, remove)
  const replace = await editDatabases(image, removed, kept, remove, signal)
  await removeEmptyFolders(image, kept, remove, signal)
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

async function editDatabases(
  image: Image,
  removed: readonly Package[],
  kept: readonly Package[],
  remove: Set<string>,
  signal: AbortSignal | undefined,
): Promise<Map<string, Uint8Array>> {
  const { tree } = image
  const replace = new Map<string, Uint8Array>()
  const names = createRemovedNames(removed, kept)
  const view = withoutPaths(tree, remove)
  const isGone = (path: string) => tree.resolve(path) !== undefined && view.resolve(path) === undefined
  const edit = async (
    path: string,
    change: (text: string) => string | undefined,
    whenEmpty: 'empty' | 'remove' = 'remove',
  ) => {
    const node = tree.resolve(path)
    if (node?.type !== 'file' || remove.has(node.path)) return
    const bytes = await image.readFile(node, { maxBytes: maxDatabaseBytes, signal })
    const text = Buffer.from(bytes).toString('latin1')
    const changed = change(text)
    if (changed === text) return
    // A database that must exist stays, empty; a list of nothing goes.
    if ((changed === undefined || changed.trim() === '') && whenEmpty === 'remove') remove.add(node.path)
    else replace.set(node.path, Buffer.from(changed ?? '', 'latin1'))
  }

  const roots = new Set<string>()
  const stanzas = new Map<string, Set<string>>()
  for (const { dpkg } of removed) {
    if (!dpkg) continue
    roots.add(dpkg.statusPath.replace(/\/status(?:\.d\/[^/]*)?$/, ''))
    const inFile = stanzas.get(dpkg.statusPath) ?? new Set()
    stanzas.set(dpkg.statusPath, inFile.add(Buffer.from(encodeName(dpkg.stanza)).toString('latin1')))
  }
  for (const [path, inFile] of stanzas) {
    await edit(path, (text) => removeStanzas(text, inFile), path.endsWith('/status') ? 'empty' : 'remove')
  }
  for (const root of roots) {
    await edit(`${root}/diversions`, (text) => removeDiversions(text, names), 'empty')
    await edit(`${root}/statoverride`, (text) => removeOverrides(text, isGone), 'empty')
    for (const path of filesOf(tree, `${root}/triggers`)) {
      const name = path.slice(path.lastIndexOf('/') + 1)
      if (name === 'Lock') continue
      const change = name === 'Unincorp' ? removeWaiting : removeInterests
      await edit(path, (text) => change(text, names), /^[A-Z]/.test(name) ? 'empty' : 'remove')
    }
    for (const path of filesOf(tree, `${root}/alternatives`)) {
      const link = `/etc/alternatives/${path.slice(path.lastIndexOf('/') + 1)}`
      await edit(path, (text) => removeChoices(text, isGone, remove.has(link)))
    }
  }
  await edit('/var/lib/apt/extended_states', (text) => removeStanzasByName(text, names), 'empty')
  return replace
}

function filesOf(tree: FileTree, folder: string): readonly string[] {
  const at = tree.resolve(folder)?.path
  return at === undefined
    ? []
    : tree
        .children(at)
        .filter(({ type }) => type === 'file')
        .map(({ path }) => path)
}
