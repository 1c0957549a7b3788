import type { FileNode } from '@sallyport/image'
import type { Package, PackageEvidence } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { type ReaderContext, readOrReport } from '../reader.ts'
import type { GoBuildInfo, GoModule } from './parse-build-info.ts'

/** Lists what is linked into a Go program: the main module, the others, and the standard library. */
export async function toGoPackages(
  context: ReaderContext,
  node: FileNode,
  evidence: PackageEvidence,
  { goVersion, path, main, modules }: GoBuildInfo,
): Promise<readonly Package[]> {
  const toPackage = (one: GoModule, more: Partial<Package> = {}): Promise<Package | undefined> =>
    readOrReport(context, node.path, () => ({
      type: 'golang' as const,
      name: one.path,
      version: one.version,
      purl: toGoPurl(one),
      files: [],
      evidence,
      license: 'NOASSERTION',
      ...more,
    }))
  const linked = new Map<string, Package>()
  const standard = { path: 'stdlib', version: goVersion }
  for (const one of [standard, ...modules]) {
    const found = await toPackage(one, one === standard ? { cpes: goCpes(goVersion) } : {})
    if (found) linked.set(found.purl, found)
  }
  // Commands such as cmd/go are parts of the toolchain and have no module of their own.
  const own = main ?? (path?.startsWith('cmd/') ? { path: 'toolchain', version: goVersion } : undefined)
  if (!own) {
    const [first, ...others] = linked.values()
    return first ? [{ ...first, files: [node.path] }, ...others] : []
  }
  const dependsOn = [...linked.keys()].sort()
  const found = await toPackage(own, { files: [node.path], dependsOn })
  return found ? [found, ...linked.values()] : [...linked.values()]
}

const goCpes = (version: string): readonly string[] | undefined =>
  /^\d+(?:\.\d+)+$/.test(version) ? [`cpe:2.3:a:golang:go:${version}:*:*:*:*:*:*:*`] : undefined

/** A version that is not known does not stand in the purl. */
function toGoPurl({ path, version }: GoModule): string {
  const slash = path.lastIndexOf('/')
  return toPurl({
    type: 'golang',
    namespace: slash > 0 ? path.slice(0, slash) : undefined,
    name: path.slice(slash + 1),
    version: version === '(devel)' ? '' : version,
  })
}
