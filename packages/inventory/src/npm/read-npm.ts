import type { FileNode } from '@sallyport/image'
import { maxDatabaseBytes, maxMetadataBytes } from '../internal/limits.ts'
import { JsonDepthError } from '../internal/parse-json.ts'
import { readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { findLinked, groupFiles, isInstalled, isPresent } from './find-packages.ts'
import { type LockedPackage, parseHiddenLockfile } from './parse-hidden-lockfile.ts'
import { type NpmManifest, parseNpmManifest, toNpmPurl } from './parse-manifest.ts'
import { resolveNeeds } from './resolve-needs.ts'

const manifestName = '/package.json'
const lockfileName = '/node_modules/.package-lock.json'

/**
 * Finds npm packages as they are: the `package.json` of each folder right below a `node_modules` or linked from there,
 * of each app, and of what packages bring along. What a lock file alone names is not installed.
 */
export const npmReader: PackageReader = {
  name: 'npm',
  version: 2,
  selects: ({ path }) => path.endsWith(manifestName) || path.endsWith(lockfileName),
  read: readNpm,
}

interface Found {
  readonly node: FileNode
  readonly manifest: NpmManifest
  readonly purl: string
}

async function readNpm(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal } = context
  const found = await findPackages(context)
  const files = groupFiles(image.tree.entries(), (root) => found.has(root) && isInstalled(root))
  const locked = await readLockfiles(context)
  return [...found].map(([root, { node, manifest, purl }]) => {
    signal?.throwIfAborted()
    const lock = locked.get(root)
    const dependsOn = resolveNeeds(image, root, manifest.needs, (path) => found.get(path)?.purl)
    return {
      type: 'npm',
      name: manifest.name,
      version: manifest.version,
      purl,
      // An app may be the whole file system: only what is installed owns its folder.
      files: files.get(root) ?? [node.path],
      evidence: evidenceOf(image, node, 'npm-package-json'),
      license: manifest.license,
      checksums: lock?.version === manifest.version && lock.checksums.length > 0 ? lock.checksums : undefined,
      dependsOn: dependsOn.length > 0 ? dependsOn : undefined,
    }
  })
}

/** Packages by the real folder that they lie in. */
async function findPackages(context: ReaderContext): Promise<ReadonlyMap<string, Found>> {
  const { tree } = context.image
  const candidates = new Map<string, FileNode>()
  for (const node of tree.entries()) {
    if (node.type !== 'file' || !node.path.endsWith(manifestName)) continue
    candidates.set(node.path.slice(0, -manifestName.length), node)
  }
  const linked = candidates.size > 0 ? findLinked(context.image) : new Set<string>()
  const found = new Map<string, Found>()
  // A folder comes before those below.
  const roots = [...candidates.keys()].sort()
  for (const root of roots) {
    const node = candidates.get(root)!
    const surely = isInstalled(root) || linked.has(root)
    const isInOther = !surely && isBelow(root, found)
    const one = await readOrReport(context, node.path, async () => {
      try {
        return await readManifest(context, node, surely)
      } catch (error) {
        // What is broken inside of another package is a sample of its tests; what is beyond a limit may be loaded.
        if (isInOther && error instanceof SyntaxError && !(error instanceof JsonDepthError)) return undefined
        throw error
      }
    })
    if (!one) continue
    if (surely || isPresent(root, one.manifest.name, (path) => found.has(path))) found.set(root, one)
  }
  return found
}

function isBelow(root: string, found: ReadonlyMap<string, unknown>): boolean {
  for (let at = root.lastIndexOf('/'); at > 0; at = root.lastIndexOf('/', at - 1)) {
    if (found.has(root.slice(0, at))) return true
  }
  return false
}

async function readManifest(
  { image, signal }: ReaderContext,
  node: FileNode,
  isInstalled: boolean,
): Promise<Found | undefined> {
  const text = await readText(image, node, { maxBytes: maxMetadataBytes, signal })
  const manifest = parseNpmManifest(text, { isInstalled })
  return manifest && { node, manifest, purl: toNpmPurl(manifest) }
}

/** What npm noted, by real folder. */
async function readLockfiles(context: ReaderContext): Promise<ReadonlyMap<string, LockedPackage>> {
  const { image, signal } = context
  const found = new Map<string, LockedPackage>()
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !node.path.endsWith(lockfileName)) continue
    const base = node.path.slice(0, -lockfileName.length)
    const packages = await readOrReport(context, node.path, async () =>
      parseHiddenLockfile(await readText(image, node, { maxBytes: maxDatabaseBytes, signal })),
    )
    for (const [folder, entry] of packages ?? []) found.set(`${base}/${folder}`, entry)
  }
  return found
}
