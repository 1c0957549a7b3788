import { encodeName, type FileNode, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import { withoutPaths } from '../tree-view.ts'
import { isGenerated, isPackageManagerCache } from '../usage/ignored-paths.ts'
import { removeChoices } from './edit-alternatives.ts'
import {
  removeDiversions,
  removeInterests,
  removeOverrides,
  removeStanzas,
  removeStanzasByName,
} from './edit-dpkg-database.ts'

const dpkgFolder = '/var/lib/dpkg'

/** What is to be changed in the file system for a plan. */
export interface PlannedEdit {
  readonly remove: ReadonlySet<string>
  readonly replace: ReadonlyMap<string, Uint8Array>
  /** Paths among `remove` that no removed package owns. */
  readonly unowned: readonly string[]
}

/** Works out which paths leave with the packages of a plan, and how the databases change. Nothing is written. */
export async function planEdit(
  image: Image,
  { removed, kept }: HardenPlan,
  signal: AbortSignal | undefined,
): Promise<PlannedEdit> {
  const { tree } = image
  const keptFiles = new Set(kept.flatMap(({ package: found }) => found.files))
  const keptMetadata = new Set(kept.flatMap(({ package: found }) => found.dpkg?.metadataPaths ?? []))
  const owned = new Set(
    removed.flatMap(({ files, dpkg }) => [
      ...files.filter((path) => !keptFiles.has(path)),
      ...(dpkg?.metadataPaths ?? []).filter((path) => !keptMetadata.has(path)),
    ]),
  )
  const remove = new Set(owned)
  const before = new Set<string>()
  for (const { path, type } of tree.entries()) {
    if (type === 'directory' || remove.has(path) || keptFiles.has(path)) continue
    if (isPackageManagerCache(path) || isOrphanedBytecode(path, owned)) remove.add(path)
    else if (type === 'symlink' && tree.resolve(path)) before.add(path)
  }
  // A link that leads to a removed file goes with it when it was generated; links may lead to links.
  for (let changed = true; changed;) {
    changed = false
    const view = withoutPaths(tree, remove)
    for (const path of before) {
      if (remove.has(path) || view.resolve(path) || !isGeneratedLink(tree.get(path)!)) continue
      remove.add(path)
      changed = true
    }
  }

  const replace = await editDatabases(image, removed, remove, signal)
  await removeEmptyFolders(
    image,
    kept.map(({ package: found }) => found),
    remove,
    signal,
  )
  return { remove, replace, unowned: [...remove].filter((path) => !owned.has(path)).sort() }
}

function isGeneratedLink({ path, linkTarget }: FileNode): boolean {
  return isGenerated(path) || linkTarget!.startsWith('/etc/alternatives/')
}

/** `__pycache__/x.cpython-311.pyc` beside a removed `x.py`. */
function isOrphanedBytecode(path: string, removed: ReadonlySet<string>): boolean {
  const match = /^(.*)\/__pycache__\/([^/]+?)\.[^/]+\.pyc$/.exec(path)
  return match !== null && removed.has(`${match[1]}/${match[2]}.py`)
}

async function editDatabases(
  image: Image,
  removed: readonly Package[],
  remove: Set<string>,
  signal: AbortSignal | undefined,
): Promise<Map<string, Uint8Array>> {
  const { tree } = image
  const replace = new Map<string, Uint8Array>()
  const names = new Set(removed.map(({ name }) => name))
  const exists = (path: string) => withoutPaths(tree, remove).resolve(path) !== undefined
  const edit = async (path: string, change: (text: string) => string | undefined) => {
    const node = tree.resolve(path)
    if (node?.type !== 'file' || remove.has(node.path)) return
    const text = Buffer.from(await image.readFile(node, { signal })).toString('latin1')
    const changed = change(text)
    if (changed === text) return
    if (changed === undefined || changed.trim() === '') {
      // A database that must exist stays, empty; a list of nothing goes.
      if (isRequired(node.path)) replace.set(node.path, new Uint8Array())
      else remove.add(node.path)
    } else {
      replace.set(node.path, Buffer.from(changed, 'latin1'))
    }
  }
  const inLatin1 = removed.map((found) => ({
    ...found,
    dpkg: found.dpkg && {
      ...found.dpkg,
      stanza: Buffer.from(encodeName(found.dpkg.stanza)).toString('latin1'),
    },
  }))

  for (const path of new Set(removed.flatMap(({ dpkg }) => (dpkg ? [dpkg.statusPath] : [])))) {
    await edit(path, (text) => removeStanzas(text, inLatin1))
  }
  await edit(`${dpkgFolder}/diversions`, (text) => removeDiversions(text, names))
  await edit(`${dpkgFolder}/statoverride`, (text) => removeOverrides(text, (path) => !exists(path)))
  await edit('/var/lib/apt/extended_states', (text) => removeStanzasByName(text, names))
  for (const { path, type } of tree.children(`${dpkgFolder}/triggers`)) {
    if (type === 'file' && !path.endsWith('/Lock')) await edit(path, (text) => removeInterests(text, names))
  }
  for (const { path, type } of tree.children(`${dpkgFolder}/alternatives`)) {
    if (type === 'file') await edit(path, (text) => removeChoices(text, exists))
  }
  return replace
}

const isRequired = (path: string) =>
  [
    `${dpkgFolder}/status`,
    `${dpkgFolder}/diversions`,
    `${dpkgFolder}/statoverride`,
    `${dpkgFolder}/triggers/File`,
  ].includes(path)

/** Folders go when all in them goes, unless a package that stays lists them. */
async function removeEmptyFolders(
  image: Image,
  kept: readonly Package[],
  remove: Set<string>,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { tree } = image
  const listed = new Set<string>()
  for (const { dpkg } of kept) {
    const list = dpkg?.metadataPaths.find((path) => path.endsWith('.list'))
    const node = list === undefined ? undefined : tree.get(list)
    if (!node) continue
    const text = Buffer.from(await image.readFile(node, { signal })).toString('utf8')
    for (const line of text.split('\n')) if (line.startsWith('/')) listed.add(tree.canonicalize(line))
  }
  const touched = new Set<string>()
  for (const path of remove) {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1))
      touched.add(path.slice(0, at))
  }
  const deepestFirst = [...touched].sort((one, other) => other.length - one.length)
  for (const folder of deepestFirst) {
    if (listed.has(folder) || isSystemFolder(folder)) continue
    if (tree.children(folder).every(({ path }) => remove.has(path))) remove.add(folder)
  }
}

const isSystemFolder = (path: string) =>
  path.split('/').length <= 2 ||
  path.startsWith(`${dpkgFolder}`) ||
  /^\/(?:usr|var|etc)\/[^/]+$/.test(path) ||
  path.startsWith('/var/lib/apt') ||
  path.startsWith('/var/cache/apt') ||
  path.startsWith('/var/log/apt')
