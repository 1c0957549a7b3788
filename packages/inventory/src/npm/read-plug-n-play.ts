import { type FileNode, decodeName } from '@sallyport/image'
import type { FileExaminer } from '../files/image-files.ts'
import { maxDatabaseBytes, maxMetadataBytes } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import { findFile, readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { type NpmManifest, parseNpmManifest, toNpmPurl } from './parse-manifest.ts'
import { parsePlugNPlay, type PlugPackage } from './parse-plug-n-play.ts'

const dataPath = /\/\.pnp\.(?:data\.json|cjs|js)$/
const manifestPath = /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^/@.][^/]*\/package\.json$/

/** The manifests of the package in an archive of Yarn's cache: its own first, then those that are bundled. */
const cachedPackageExaminer: FileExaminer<readonly NpmManifest[]> = {
  name: 'yarn-cached-package',
  version: 1,
  selects: ({ path }) => path.endsWith('.zip') && /\/[^/]+-[0-9a-f]{8,}-[0-9a-z.]+\.zip$/.test(path),
  examine: async (content, { signal }) => {
    const { readArchive } = await import('../internal/read-archive.ts')
    const entries = await readArchive(content, (name) => manifestPath.test(name), {
      maxBytes: maxMetadataBytes,
      signal,
    })
    return entries
      .toSorted((one, other) => one.name.length - other.name.length)
      .flatMap(({ bytes }) => parseNpmManifest(decodeName(bytes), { isInstalled: true }) ?? [])
  },
}

/**
 * Finds the packages of Yarn's Plug'n'Play: those that its data names and whose archives are there. Unplugged ones and
 * workspaces have a `package.json` of their own.
 */
export const plugNPlayReader: PackageReader = {
  name: 'plug-n-play',
  version: 1,
  selects: ({ path }) => dataPath.test(path),
  examiners: [cachedPackageExaminer],
  read: readPlugNPlay,
}

async function readPlugNPlay(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal } = context
  const packages: Package[] = []
  const seen = new Set<string>()
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !dataPath.test(node.path) || isOnlyLoader(context, node)) continue
    const all = await readOrReport(context, node.path, async () => {
      const text = await readText(image, node, { maxBytes: maxDatabaseBytes, signal })
      return readArchives(context, node, parsePlugNPlay(text))
    })
    for (const found of all ?? []) {
      // Projects may share a cache.
      const key = `${found.purl} ${found.evidence.path}`
      if (!seen.has(key)) packages.push(found)
      seen.add(key)
    }
  }
  return packages
}

/** Whether the data is in a file of its own beside. */
function isOnlyLoader({ image }: ReaderContext, { path }: FileNode): boolean {
  const folder = path.slice(0, path.lastIndexOf('/'))
  return !path.endsWith('/.pnp.data.json') && findFile(image, `${folder}/.pnp.data.json`) !== undefined
}

/** A package's archive, and all that its places in the data need. */
interface Archive {
  readonly node: FileNode
  /** Its own first. */
  readonly manifests: readonly NpmManifest[]
  readonly needs: PlugPackage['needs'][number][]
}

async function readArchives(
  context: ReaderContext,
  data: FileNode,
  plugs: readonly PlugPackage[],
): Promise<readonly Package[]> {
  const { image, signal, report } = context
  const base = data.path.slice(0, data.path.lastIndexOf('/'))
  const archives = new Map<string, Archive>()
  const purls = new Map<string, string>()
  const missing: PlugPackage[] = []
  for (const plug of plugs) {
    signal?.throwIfAborted()
    const { path, isArchive } = locate(base, plug.location)
    const node = image.tree.resolve(path)
    const type = isArchive ? 'file' : 'directory'
    if (node === undefined || node.type !== type || (isArchive && !cachedPackageExaminer.selects(node))) {
      missing.push(plug)
      continue
    }
    if (!isArchive) continue
    const archive = archives.get(node.path) ?? (await examineArchive(context, node))
    archives.set(node.path, archive)
    for (const need of plug.needs) archive.needs.push(need)
    const [own] = archive.manifests
    if (own) purls.set(toKey(plug.name, plug.reference), toNpmPurl(own))
  }
  if (missing.length > 0) {
    const first = quote(missing[0]!.name)
    const message = `${data.path}: ${missing.length} packages that it names are not there, the first is ${first}`
    report({ code: 'UNREADABLE', path: data.path, message })
  }
  return [...archives.values()].flatMap((archive) => toPackages(context, archive, purls))
}

const toKey = (name: string, reference: string) => `${name}@${reference}`

async function examineArchive(context: ReaderContext, node: FileNode): Promise<Archive> {
  const { image, signal } = context
  const manifests = await readOrReport(context, node.path, async () => {
    const found = await image.examine(node, cachedPackageExaminer, { signal })
    if (!found?.[0]) throw new SyntaxError('no package in this archive')
    return found
  })
  return { node, manifests: manifests ?? [], needs: [] }
}

function toPackages(
  { image }: ReaderContext,
  { node, manifests, needs }: Archive,
  purls: ReadonlyMap<string, string>,
): readonly Package[] {
  const found = needs.flatMap(([name, reference]) => purls.get(toKey(name, reference)) ?? [])
  return manifests.map((manifest, index) => ({
    type: 'npm',
    name: manifest.name,
    version: manifest.version,
    purl: toNpmPurl(manifest),
    files: index === 0 ? [node.path] : [],
    evidence: evidenceOf(image, node, 'yarn-plug-n-play'),
    license: manifest.license,
    dependsOn: index === 0 && found.length > 0 ? [...new Set(found)].sort() : undefined,
  }))
}

/** Path of the archive that a location leads into, or of its folder. */
function locate(base: string, location: string): { readonly path: string; readonly isArchive: boolean } {
  const absolute = location.startsWith('/') ? location : `${base}/${location}`
  const end = absolute.indexOf('.zip/')
  return end < 0
    ? { path: absolute, isArchive: false }
    : { path: absolute.slice(0, end + '.zip'.length), isArchive: true }
}
