import type { FileNode, Image } from '@sallyport/image'
import { findFile, maxDatabaseBytes, maxMetadataBytes, readText } from '../internal/read-text.ts'
import type { Distro, DpkgDetails, Package } from '../inventory.ts'
import { distroQualifier, toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { type Diversion, parseDiversions } from './parse-diversions.ts'
import { parseDependencies } from './parse-dependencies.ts'
import { parseStanzas, type Stanza } from './parse-stanzas.ts'

const statusPath = '/var/lib/dpkg/status'
const statusFolder = '/var/lib/dpkg/status.d'
const infoFolder = '/var/lib/dpkg/info'
const diversionsPath = '/var/lib/dpkg/diversions'
const packageName = /^[a-z0-9][a-z0-9+.-]*$/

/** Reads dpkg's database: `status`, and `status.d` of images made without dpkg. */
export const readDpkg: PackageReader = async (context) => {
  const packages = [...(await readStatus(context)), ...(await readStatusFolder(context))]
  const { tree } = context.image
  if (packages.length === 0 && (tree.resolve(statusPath) || tree.resolve(statusFolder))) {
    const path = tree.resolve(statusPath) ? statusPath : statusFolder
    context.report({ code: 'DATABASE_EMPTY', path, message: `${path} names no installed package` })
  }
  return packages
}

async function readStatus(context: ReaderContext): Promise<Package[]> {
  const { image, signal } = context
  const node = findFile(image, statusPath)
  if (!node) return []
  const stanzas = await readOrReport(context, node.path, async () => [
    ...parseStanzas(await readText(image, node, { maxBytes: maxDatabaseBytes, signal })),
  ])
  if (!stanzas) return []

  const metadata = groupMetadata(image)
  const divertedNode = findFile(image, diversionsPath)
  const diversions = divertedNode
    ? parseDiversions(await readText(image, divertedNode, { maxBytes: maxMetadataBytes, signal }))
    : []
  const packages: Package[] = []
  for (const stanza of stanzas) {
    const found = await readOrReport(context, node.path, async () => {
      // The third word is the state; a package that was removed but not purged is not there.
      const status = (stanza.fields.get('status') ?? '').split(/\s+/)
      if (status.length !== 3) throw new SyntaxError(`a stanza without a status: ${stanza.text.slice(0, 60)}`)
      if (status[2] !== 'installed') return undefined
      const name = nameOf(stanza)
      const arch = stanza.fields.get('architecture')
      const own = metadata.get(`${name}:${arch}`) ?? metadata.get(name) ?? []
      const list = own.find(({ path }) => path.endsWith('.list'))
      const listed = list
        ? (await readText(image, list, { maxBytes: maxMetadataBytes * 4, signal })).split('\n')
        : []
      return toPackage(context, stanza, node, 'dpkg-status', own, applyDiversions(listed, name, diversions))
    })
    if (found) packages.push(found)
  }
  return packages
}

async function readStatusFolder(context: ReaderContext): Promise<Package[]> {
  const { image, signal } = context
  const folder = image.tree.resolve(statusFolder)
  if (folder?.type !== 'directory') return []
  const packages: Package[] = []
  for (const node of image.tree.children(folder.path)) {
    if (node.type !== 'file' || node.path.endsWith('.md5sums')) continue
    const found = await readOrReport(context, node.path, async () => {
      const stanzas = [...parseStanzas(await readText(image, node, { maxBytes: maxMetadataBytes, signal }))]
      const sums = image.tree.get(`${node.path}.md5sums`)
      const listed = sums
        ? (await readText(image, sums, { maxBytes: maxMetadataBytes * 4, signal }))
            .split('\n')
            .map((line) => /^[0-9a-f]{32} [ *](.+)$/.exec(line)?.[1])
            .filter((path) => path !== undefined)
            .map((path) => `/${path.replace(/^\.?\//, '')}`)
        : []
      return stanzas.map((stanza) => {
        const status = stanza.fields.get('status')
        if (status !== undefined && status.split(/\s+/)[2] !== 'installed') return undefined
        return toPackage(context, stanza, node, 'dpkg-status.d', sums ? [sums] : [], listed)
      })
    })
    packages.push(...(found ?? []).filter((entry) => entry !== undefined))
  }
  return packages
}

/** The files below `info/`, by the part of their name before the last dot: `name` or `name:arch`. */
function groupMetadata({ tree }: Image): ReadonlyMap<string, readonly FileNode[]> {
  const groups = new Map<string, FileNode[]>()
  for (const node of tree.children(tree.canonicalize(infoFolder))) {
    if (node.type !== 'file') continue
    const base = node.path.slice(node.path.lastIndexOf('/') + 1)
    const key = base.slice(0, base.lastIndexOf('.'))
    const group = groups.get(key)
    if (group) group.push(node)
    else groups.set(key, [node])
  }
  return groups
}

function applyDiversions(
  listed: readonly string[],
  name: string,
  diversions: readonly Diversion[],
): readonly string[] {
  if (diversions.length === 0) return listed
  const moved = new Map(
    diversions.filter((diversion) => diversion.package !== name).map(({ from, to }) => [from, to]),
  )
  return listed.map((path) => moved.get(path) ?? path)
}

function nameOf({ fields, text }: Stanza): string {
  const name = fields.get('package') ?? ''
  if (!packageName.test(name)) throw new SyntaxError(`a stanza without a package name: ${text.slice(0, 60)}`)
  return name
}

function toPackage(
  { image, distro }: ReaderContext,
  stanza: Stanza,
  node: FileNode,
  method: string,
  metadata: readonly FileNode[],
  listed: readonly string[],
): Package {
  const { fields } = stanza
  const name = nameOf(stanza)
  const version = fields.get('version')
  if (!version) throw new SyntaxError(`${name} has no version`)
  const arch = fields.get('architecture')
  const source = /^(\S+)(?:\s+\((.+)\))?$/.exec(fields.get('source') ?? '')
  const details: DpkgDetails = {
    stanza: stanza.text,
    statusPath: node.path,
    metadataPaths: metadata.map(({ path }) => path),
    depends: [...parseDependencies(fields.get('pre-depends')), ...parseDependencies(fields.get('depends'))],
    provides: parseDependencies(fields.get('provides')).flat(),
    essential: fields.get('essential') === 'yes' || fields.get('protected') === 'yes',
    multiArch: fields.get('multi-arch'),
    conffiles: (fields.get('conffiles') ?? '').split('\n').flatMap((line) => {
      const path = line.trim().split(/\s+/)[0]
      return path?.startsWith('/') ? [path] : []
    }),
  }
  return {
    type: 'deb',
    name,
    version,
    arch,
    purl: toPurl('deb', namespaceOf(distro), name, version, { arch, distro: distroQualifier(distro) }),
    source: { name: source?.[1] ?? name, version: source?.[2] ?? version },
    files: ownedFiles(image, listed),
    evidence: evidenceOf(image, node, method),
    license: 'NOASSERTION',
    dpkg: details,
  }
}

const namespaceOf = (distro: Distro | undefined) => distro?.id ?? 'debian'

/**
 * The regular files and links that a list really stands for: names are followed through links in their parents (a
 * merged `/usr`); directories and the names that lead to them belong to nobody.
 */
function ownedFiles({ tree }: Image, listed: readonly string[]): readonly string[] {
  const owned = new Set<string>()
  for (const path of listed) {
    if (!path.startsWith('/') || path === '/.' || path === '/') continue
    const node = tree.get(tree.canonicalize(path))
    if (!node || node.type === 'directory') continue
    if (node.type === 'symlink' && tree.resolve(node.path)?.type === 'directory' && isAlias(node.path))
      continue
    owned.add(node.path)
  }
  return [...owned].sort()
}

/** Links such as `/bin` belong to the layout of the system, whichever packages list them. */
const isAlias = (path: string) => /^\/(bin|sbin|lib|lib32|lib64|libx32|libo32)$/.test(path)
