import { decodeName, type FileNode, type Image } from '@sallyport/image'
import { type Package, parseControlStanzas } from '@sallyport/inventory'
import { listPaths } from '../../systems/dpkg/list-paths.ts'
import { emptyEdit, type PackageEdit } from '../package-edit.ts'
import type { PackageEntry } from '../package-entry.ts'
import { addParents, placeEntries, type PlacedEntry } from '../place-entries.ts'
import { removeBytecode, removeEmptied } from '../remove-leftovers.ts'
import { compareScripts, scriptNames } from './compare-scripts.ts'
import { decideConffiles } from './decide-conffiles.ts'
import type { DpkgState } from './dpkg-state.ts'
import { findTriggered } from './find-triggered.ts'
import { type InfoFile, writeInfoFiles } from './write-info-files.ts'
import { findGenerated } from './script-generators.ts'
import type { StagedDeb } from './stage-deb.ts'
import { parseConffileRecords, writeStanza } from './write-stanza.ts'

/** What the upgrade of one package changes. */
export interface DebUpgradePlan {
  readonly edit: PackageEdit
  /** The new paragraph for `status`, or for the file in `status.d`. */
  readonly stanza: string
  /** Configuration files that the image changed, and that stay as they are though the package brings others. */
  readonly keptConffiles: readonly string[]
  /** Paths of the new version that are not written: the image's configuration excludes them, or it had removed them. */
  readonly leftOut: readonly string[]
}

const maxInfoBytes = 32 * 1024 * 1024
const documentation =
  /^(\/usr\/share\/(?:doc|man|info|locale|lintian|doc-base|gnome|help|bug|linda|groff|calendar))\//

const isCopyright = (path: string) => path.endsWith('/copyright')

/**
 * Works out how an installed package becomes a new version: as dpkg unpacks and configures it with `--force-confold`,
 * but for scripts, which never run.
 *
 * @returns why it can't be done without running something, or without guessing
 */
export async function planDebUpgrade(
  image: Image,
  state: DpkgState,
  found: Package,
  staged: StagedDeb,
  signal: AbortSignal | undefined,
): Promise<DebUpgradePlan | { readonly refused: string }> {
  const { tree } = image
  const dpkg = found.dpkg!
  const isUnpackedOnly = !/\/status$/.test(dpkg.statusPath)
  const info = await readInfo()
  const scripts = await checkScripts()
  if (scripts !== undefined) return { refused: scripts }

  const edit = emptyEdit()
  const entries = new Map(staged.entries.map((entry) => [entry.path, entry]))
  const listedBefore = listBefore()
  const ownBefore = new Set(found.files)
  const folders = new Map<string, PackageEntry>()
  const placed: PlacedEntry[] = []
  const leftOut: string[] = []
  const unlisted = new Set<string>()
  for (const entry of staged.entries) {
    if (entry.path === '/') continue
    const place = state.diverted(entry.path, found.name) ?? entry.path
    const path = entry.type === 'directory' ? canonicalFolder(place) : tree.canonicalize(place)
    const node = tree.get(path)
    if (entry.type === 'directory') {
      if (node && node.type !== 'directory') return { refused: `${path} is no folder in the image` }
      folders.set(path, entry)
      continue
    }
    const [other] = state.otherOwners(path, found)
    if (other) return { refused: `${path} belongs to ${other.name} too` }
    if (node && !ownBefore.has(path) && !(isUnpackedOnly && node.type === 'symlink'))
      return { refused: `${path} is new in the package, and the image has another file there` }
    if (node || !isLeftOut(path, entry.path)) placed.push({ entry, path, node })
    else leftOut.push(path)
  }

  const conffiles = await decideConffiles(
    image,
    found,
    staged,
    placed,
    parseConffileRecords(oldStanza()),
    signal,
  )
  if ('refused' in conffiles) return conffiles
  const written = placed.filter(({ path }) => !conffiles.kept.has(path))
  const problem = await placeEntries(written, edit, { image, entries, open: staged.open, signal })
  if (problem !== undefined) return { refused: problem }

  const staying = new Set([...placed.map(({ path }) => path), ...conffiles.obsolete])
  for (const path of ownBefore) {
    if (!staying.has(path) && state.otherOwners(path, found).length === 0) edit.remove.add(path)
  }
  for (const [path, entry] of folders) {
    if (!tree.get(path) && !state.excludes(entry.path) && !documentation.test(`${path}/`)) {
      const { mode, uid, gid, mtime } = entry
      edit.add.set(path, { type: 'directory', mode, uid, gid, mtime })
    }
  }
  addParents(image, edit, folders)
  removeBytecode(image, edit, (path) => ownBefore.has(path) || staying.has(path))
  const changed = [...new Set([...edit.remove, ...edit.add.keys()])].sort()
  const generated = checkGenerated(changed)
  if (generated !== undefined) return { refused: generated }
  await removeOldFolders()

  await writeInfoFiles({ image, dpkg, found, staged, info, unlisted, obsolete: conffiles.obsolete, edit })
  return {
    edit,
    stanza: writeStanza(
      staged.control,
      oldStanza().fields.get('status'),
      isUnpackedOnly ? [] : conffiles.records,
    ),
    keptConffiles: [...conffiles.changed].sort(),
    leftOut: leftOut.sort(),
  }

  function oldStanza() {
    return [...parseControlStanzas(dpkg.stanza)][0]!
  }

  async function readInfo(): Promise<ReadonlyMap<string, InfoFile>> {
    const files = new Map<string, InfoFile>()
    for (const path of dpkg.metadataPaths) {
      const node = tree.get(path)
      if (node?.type !== 'file') continue
      const content = await image.readFile(node, { maxBytes: maxInfoBytes, signal })
      files.set(path.slice(path.lastIndexOf('.') + 1), { path, content })
    }
    return files
  }

  /** Images made without dpkg ran no script when they were made, and have none to compare with. */
  async function checkScripts(): Promise<string | undefined> {
    if (isUnpackedOnly) return undefined
    const textOf = (content: Uint8Array | undefined) => content && Buffer.from(content).toString('latin1')
    const collect = (get: (name: string) => Uint8Array | undefined) =>
      new Map(
        scriptNames.flatMap((name) => {
          const text = textOf(get(name))
          return text === undefined ? [] : [[name, text] as const]
        }),
      )
    return compareScripts(
      { version: found.version, scripts: collect((name) => info.get(name)?.content) },
      { version: staged.candidate.version, scripts: collect((name) => staged.info.get(name)?.content) },
    )
  }

  function checkGenerated(changed: readonly string[]): string | undefined {
    for (const name of ['preinst', 'postinst', 'triggers']) {
      const script = staged.info.get(name)
      const made = script && findGenerated(Buffer.from(script.content).toString('latin1'), changed)
      if (made) return `${name} runs ${made.command}, which would have to see the new ${made.path}`
    }
    return findTriggered(state, staged, changed)
  }

  /** Canonical paths that the installed version lists, whether they are there or not. */
  function listBefore(): ReadonlySet<string> {
    const list = info.get('list')
    const lines = list
      ? decodeName(list.content).split('\n')
      : decodeName(info.get('md5sums')?.content ?? new Uint8Array())
          .split('\n')
          .map((line) => `/${line.slice(34).replace(/^\.?\/+/, '')}`)
    const paths = lines.filter((line) => line.startsWith('/') && line.length > 1 && line !== '/.')
    return new Set(paths.map((line) => tree.canonicalize(state.diverted(line, found.name) ?? line)))
  }

  /** Whether a path that is not there stays away. */
  function isLeftOut(path: string, name: string): boolean {
    if (state.excludes(name) || listedBefore.has(path)) return true
    const folder = documentation.exec(path)?.[1]
    if (folder === undefined || isCopyright(path)) return false
    // Where the old version has no such documentation, and does not even list any, it was taken out on purpose.
    const isSuch = (one: string) => one.startsWith(`${folder}/`) && !isCopyright(one)
    const isStripped = ![...found.files, ...listedBefore].some(
      (one) => isSuch(one) && tree.get(one)?.type !== 'directory',
    )
    if (isStripped) unlisted.add(name)
    return isStripped
  }

  function canonicalFolder(path: string): string {
    const node: FileNode | undefined = tree.resolve(path)
    return node?.type === 'directory' ? node.path : tree.canonicalize(path)
  }

  /** Folders that only the old version had. */
  async function removeOldFolders(): Promise<void> {
    const gone = [...listedBefore].filter(
      (path) => !folders.has(path) && tree.get(path)?.type === 'directory',
    )
    if (gone.length === 0) return
    const others = state.packages.filter((one) => one !== found && one.dpkg)
    const listed = new Set((await Promise.all(others.map((one) => listPaths(image, one, signal)))).flat())
    removeEmptied(
      image,
      edit,
      gone.filter((path) => !listed.has(path)),
    )
  }
}
