import { createHash } from 'node:crypto'
import type { FileNode, Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { ApkStanza } from '../../systems/apk/parse-database.ts'
import { findGenerated } from '../deb/script-generators.ts'
import { emptyEdit, type PackageEdit } from '../package-edit.ts'
import type { PackageEntry } from '../package-entry.ts'
import { addParents, digestOf, parentOf, placeEntries, type PlacedEntry } from '../place-entries.ts'
import { removeBytecode, removeEmptied } from '../remove-leftovers.ts'
import type { ApkScripts } from './apk-scripts.ts'
import type { StagedApk } from './stage-apk.ts'
import { writeApkStanza } from './write-apk-stanza.ts'

/** What the upgrade of one package changes. */
export interface ApkUpgradePlan {
  readonly edit: PackageEdit
  /** The new paragraph of the installed database. */
  readonly stanza: string
  readonly keptConffiles: readonly string[]
  readonly leftOut: readonly string[]
}

/** What is known of the installed version and its neighbours. */
export interface ApkUpgradeState {
  readonly stanza: ApkStanza
  readonly scripts: ApkScripts
  /** Other packages that own a path. */
  otherOwners(path: string): readonly Package[]
  /** Canonical folders that other packages list. */
  isListedByOthers(folder: string): boolean
  /** The package that runs a script when something in a folder changes, if any. */
  triggeredBy(folder: string): string | undefined
}

/**
 * Works out how an installed package becomes a new version, as apk unpacks it, but for scripts, which never run. Files
 * below `/etc` that the image changed stay, as apk protects them.
 *
 * @returns why it can't be done without running something, or without guessing
 */
export async function planApkUpgrade(
  image: Image,
  found: Package,
  staged: StagedApk,
  state: ApkUpgradeState,
  signal: AbortSignal | undefined,
): Promise<ApkUpgradePlan | { readonly refused: string }> {
  const { tree } = image
  const difference = state.scripts.findDifference(staged)
  if (difference !== undefined) return { refused: difference }
  if (staged.entries.some(({ xattrs }) => xattrs.size > 0))
    return { refused: 'it brings extended attributes, whose sums apk records' }

  const edit = emptyEdit()
  const entries = new Map(staged.entries.map((entry) => [entry.path, entry]))
  const sums = new Map(state.stanza.files.map(({ path, checksum }) => [tree.canonicalize(path), checksum]))
  const ownBefore = new Set(found.files)
  const folders = new Map<string, PackageEntry>()
  const placed: PlacedEntry[] = []
  const leftOut: string[] = []
  const keptConffiles: string[] = []
  const staying = new Set<string>()
  for (const entry of staged.entries) {
    if (entry.path === '/') continue
    const path = canonicalPath(entry)
    const node = tree.get(path)
    if (entry.type === 'directory') {
      if (node && node.type !== 'directory') return { refused: `${path} is no folder in the image` }
      folders.set(path, entry)
      continue
    }
    const [other] = state.otherOwners(path)
    if (other) return { refused: `${path} belongs to ${other.name} too` }
    if (node && !ownBefore.has(path))
      return { refused: `${path} is new in the package, and the image has another file there` }
    staying.add(path)
    if (!node && sums.has(path)) leftOut.push(path)
    else if (node && (await isChanged(node))) keptConffiles.push(path)
    else placed.push({ entry, path, node })
  }
  const problem = await placeEntries(placed, edit, { image, entries, open: staged.open, signal })
  if (problem !== undefined) return { refused: problem }
  for (const path of ownBefore) {
    const node = tree.get(path)
    if (!node || staying.has(path) || state.otherOwners(path).length > 0) continue
    if (!(await isChanged(node))) edit.remove.add(path)
  }
  for (const [path, { mode, uid, gid, mtime }] of folders)
    if (!tree.get(path)) edit.add.set(path, { type: 'directory', mode, uid, gid, mtime })
  addParents(image, edit, folders)
  removeBytecode(image, edit, (path) => ownBefore.has(path) || staying.has(path))
  const changed = [...new Set([...edit.remove, ...edit.add.keys()])].sort()
  const triggered = checkTriggered(changed)
  if (triggered !== undefined) return { refused: triggered }
  const gone = state.stanza.folders.map((path) => tree.canonicalize(path))
  removeEmptied(
    image,
    edit,
    gone.filter((path) => !folders.has(path) && !state.isListedByOthers(path)),
  )
  return { edit, stanza: await writeApkStanza(staged, state.stanza), keptConffiles, leftOut }

  function canonicalPath({ path, type }: PackageEntry): string {
    const node = type === 'directory' ? tree.resolve(path) : undefined
    return node?.type === 'directory' ? node.path : tree.canonicalize(path)
  }

  /** Whether the image changed a file below `/etc` since it was unpacked. Without a sum nobody can tell. */
  async function isChanged(node: FileNode): Promise<boolean> {
    if (!node.path.startsWith('/etc/')) return false
    const sum = sums.get(node.path)
    if (sum === undefined || !sum.startsWith('Q1')) return true
    const is =
      node.type === 'symlink'
        ? createHash('sha1')
            .update(node.linkTarget ?? '')
            .digest('hex')
        : await digestOf(image.openFile(node, { signal }), 'sha1')
    return Buffer.from(sum.slice(2), 'base64').toString('hex') !== is
  }

  function checkTriggered(paths: readonly string[]): string | undefined {
    for (const [kind, content] of staged.scripts) {
      const made = findGenerated(Buffer.from(content).toString('latin1'), paths)
      if (made) return `${kind} runs ${made.command}, which would have to see the new ${made.path}`
    }
    for (const path of paths) {
      const name = state.triggeredBy(parentOf(path) || '/')
      if (name !== undefined && name !== found.name)
        return `${path} changes, for which a script of ${name} would have to run`
    }
    return undefined
  }
}
