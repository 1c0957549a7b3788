import type { FileNode } from '@sallyport/image'
import { maxDatabaseBytes, maxMetadataBytes } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import { existsInTree, findFile, readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { copyrightExaminer } from '../licence/examine-copyright.ts'
import { toPurl, upstreamQualifier } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { type PackageNeeds, resolveDependsOn } from '../resolve-depends-on.ts'
import { type AdminFolder, groupByPackage, metadataOf, readAdminFolder } from './admin-folder.ts'
import {
  applyDiversions,
  collectFolders,
  type ListedPaths,
  readListedPaths,
  toOwnedFiles,
} from './list-files.ts'
import { parseStanzas } from './parse-stanzas.ts'
import { type DpkgEntry, parseDpkgEntry, parseInstallState } from './parse-status.ts'

/** Where dpkg keeps its database, or images that were put together otherwise keep it. */
export const dpkgFolders: readonly string[] = ['/var/lib/dpkg', '/usr/lib/dpkg']

interface Found {
  readonly entry: DpkgEntry
  readonly node: FileNode
  readonly method: string
  readonly metadata: readonly FileNode[]
  readonly listed: ListedPaths
}

/** Reads dpkg's database: `status`, and `status.d` of images made without dpkg. */
export const dpkgReader: PackageReader = {
  name: 'dpkg',
  version: 3,
  selects: ({ path, size }) => databaseFile.test(path) && size <= maxDatabaseBytes,
  examiners: [copyrightExaminer],
  read: readDpkg,
}

const databaseFile = /\/dpkg\/(?:status|diversions|status\.d\/[^/]+|info\/[^/]+\.(?:list|md5sums|conffiles))$/

async function readDpkg(context: ReaderContext): Promise<readonly Package[]> {
  const found: Found[] = []
  const databases: string[] = []
  const seen = new Set<string>()
  for (const root of dpkgFolders) {
    const canonical = context.image.tree.resolve(root)?.path
    if (canonical === undefined || seen.has(canonical)) continue
    seen.add(canonical)
    const paths = [`${root}/status`, `${root}/status.d`].filter((path) => existsInTree(context.image, path))
    databases.push(...paths)
    for (const one of await readStatus(context, root)) found.push(one)
    for (const one of await readStatusFolder(context, root)) found.push(one)
  }
  if (found.length === 0 && databases.length > 0) {
    const path = databases[0]!
    context.report({ code: 'DATABASE_EMPTY', path, message: `${path} names no installed package` })
  }
  const folders = new Set<string>()
  for (const { listed } of found) collectFolders(listed.paths, folders)
  const packages: Package[] = []
  for (const one of found) {
    const license = await readLicense(context, one.entry.name)
    const made = await readOrReport(context, one.node.path, () => toPackage(context, one, folders, license))
    if (made) packages.push(made)
  }
  const dependsOn = resolveDependsOn(packages.map(toNeeds))
  return packages.map((one, index) => (dependsOn[index] ? { ...one, dependsOn: dependsOn[index] } : one))
}

function toNeeds({ purl, name, arch, dpkg }: Package): PackageNeeds {
  return {
    purl,
    arch,
    offers: [name, ...dpkg!.provides.map((provided) => provided.name)],
    needs: dpkg!.depends.map((alternatives) => alternatives.map((one) => one.name)),
  }
}

/** The licence that a package's `copyright` tells; its folder is often a link to that of another package. */
async function readLicense(context: ReaderContext, name: string): Promise<string> {
  const { image, signal } = context
  const node = findFile(image, `/usr/share/doc/${name}/copyright`)
  if (!node || !copyrightExaminer.selects(node)) return 'NOASSERTION'
  const found = await readOrReport(context, node.path, () =>
    image.examine(node, copyrightExaminer, { signal }),
  )
  return found ?? 'NOASSERTION'
}

async function readStatus(context: ReaderContext, root: string): Promise<readonly Found[]> {
  const path = `${root}/status`
  if (!existsInTree(context.image, path)) return []
  const node = regularFile(context, path)
  if (!node) return []
  const { info, diversions } = await readAdminFolder(context, root)
  const found: Found[] = []
  const { entries, names } = await readEntries(context, node, 'required', maxDatabaseBytes)
  await reportForgotten(context, info, names)
  for (const entry of entries) {
    const metadata = metadataOf(info, entry.name, entry.arch)
    const listed = await readListedPaths(context, metadata)
    const divert = (paths: readonly string[]) => applyDiversions(paths, entry.name, diversions)
    found.push({
      entry,
      node,
      method: 'dpkg-status',
      metadata,
      listed: { paths: divert([...listed.paths, ...entry.conffiles]), conffiles: listed.conffiles },
    })
  }
  return found
}

/**
 * Lists of files that are there, of packages that `status` does not know, not as removed either: they were cut out of it, and
 * nobody would look for what is wrong with them.
 */
async function reportForgotten(
  context: ReaderContext,
  info: AdminFolder['info'],
  names: ReadonlySet<string>,
): Promise<void> {
  const { tree } = context.image
  for (const [key, metadata] of info) {
    const name = key.split(':', 1)[0]!
    const list = metadata.find(({ path }) => path.endsWith('.list'))
    if (!list || names.has(name)) continue
    const { paths } = await readListedPaths(context, [list])
    const left = paths.find((path) => tree.get(tree.canonicalize(path))?.type === 'file')
    if (left === undefined) continue
    const message = `${list.path}: ${quote(left)} is of a package that the status does not know`
    context.report({ code: 'UNREADABLE', path: list.path, message })
  }
}

async function readStatusFolder(context: ReaderContext, root: string): Promise<readonly Found[]> {
  const { tree } = context.image
  const folder = tree.resolve(`${root}/status.d`)
  if (folder?.type !== 'directory') return []
  const nodes = tree.children(folder.path)
  const groups = groupByPackage(nodes)
  const seen = new Set<string>()
  const found: Found[] = []
  for (const node of nodes) {
    if (node.type === 'directory' || isMetadata(context, node)) continue
    const file = regularFile(context, node.path)
    if (!file || seen.has(file.path)) continue
    seen.add(file.path)
    const beside = (groups.get(node.path.slice(folder.path.length + 1)) ?? []).filter((other) =>
      isMetadata(context, other),
    )
    const listed = await readListedPaths(context, beside)
    const { entries } = await readEntries(context, file, 'optional', maxMetadataBytes)
    for (const entry of entries) {
      found.push({ entry, node: file, method: 'dpkg-status.d', metadata: beside, listed })
    }
  }
  return found
}

const baseOf = ({ path }: FileNode) => path.slice(0, Math.max(path.lastIndexOf('.'), 0))
const metadataName =
  /\.(?:md5sums|list|conffiles|preinst|postinst|prerm|postrm|config|templates|triggers|shlibs|symbols)$/

/** Files beside a stanza in `status.d`; package names may hold dots too. */
function isMetadata({ image }: ReaderContext, node: FileNode): boolean {
  if (node.path.endsWith('.md5sums')) return true
  return metadataName.test(node.path) && image.tree.get(baseOf(node))?.type === 'file'
}

function regularFile({ image, report }: ReaderContext, path: string): FileNode | undefined {
  const node = image.tree.resolve(path)
  if (node?.type === 'file') return node
  report({
    code: 'UNREADABLE',
    path,
    message: `${path}: expected a regular file, is ${node?.type ?? 'a link to nothing'}`,
  })
  return undefined
}

/**
 * The packages of one file of which files are or may be there, and the names of all that it knows. A stanza that is wrong
 * in any way is a gap, and still counts if it can.
 */
async function readEntries(
  context: ReaderContext,
  node: FileNode,
  status: 'required' | 'optional',
  maxBytes: number,
): Promise<{ readonly entries: readonly DpkgEntry[]; readonly names: ReadonlySet<string> }> {
  const { image, signal, report } = context
  const text = await readOrReport(context, node.path, () => readText(image, node, { maxBytes, signal }))
  const entries: DpkgEntry[] = []
  const names = new Set<string>()
  for (const stanza of parseStanzas(text ?? '')) {
    signal?.throwIfAborted()
    names.add(stanza.fields.get('package') ?? '')
    let problem = stanza.problem
    try {
      const state = parseInstallState(stanza, status)
      if (state !== 'absent') entries.push(parseDpkgEntry(stanza))
      if (state === 'partial')
        problem ??= `a package that is neither installed nor removed: ${quote(stanza.text)}`
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error
      problem ??= error.message
    }
    if (problem !== undefined) {
      const message = `${node.path}, stanza at line ${stanza.line}: ${problem}`
      report({ code: 'UNREADABLE', path: node.path, message })
    }
  }
  return { entries, names }
}

function toPackage(
  { image, purlDistro }: ReaderContext,
  { entry, node, method, metadata, listed }: Found,
  folders: ReadonlySet<string>,
  license: string,
): Package {
  const { stanza, name, version, arch, source } = entry
  return {
    type: 'deb',
    name,
    version,
    arch,
    purl: toPurl({
      type: 'deb',
      namespace: purlDistro.namespace,
      name,
      version,
      qualifiers: {
        arch,
        distro: purlDistro.qualifier,
        upstream: upstreamQualifier({ name, version }, source),
      },
    }),
    source,
    files: toOwnedFiles(image.tree, listed.paths, folders),
    evidence: evidenceOf(image, node, method),
    license,
    builtUsing: entry.builtUsing.length > 0 ? entry.builtUsing : undefined,
    dpkg: {
      stanza: stanza.text,
      statusPath: node.path,
      metadataPaths: metadata.map(({ path }) => path),
      depends: entry.depends,
      provides: entry.provides,
      essential: entry.essential,
      multiArch: entry.multiArch,
      conffiles: [...new Set([...listed.conffiles, ...entry.conffiles])].sort(),
    },
  }
}
