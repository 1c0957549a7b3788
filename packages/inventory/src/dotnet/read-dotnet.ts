import type { FileNode } from '@sallyport/image'
import { maxFileListBytes } from '../internal/limits.ts'
import { readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { type DotnetLibrary, parseDepsJson } from './parse-deps-json.ts'

const suffix = '.deps.json'

/**
 * Finds NuGet packages by the `*.deps.json` beside a .NET app. Those of the shared frameworks and of the SDK lie beside
 * them and name the runtime itself.
 */
export const dotnetReader: PackageReader = {
  name: 'dotnet',
  version: 1,
  selects: ({ path }) => path.endsWith(suffix),
  read: readDotnet,
}

async function readDotnet(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal, report } = context
  const packages: Package[] = []
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !node.path.endsWith(suffix)) continue
    signal?.throwIfAborted()
    const appName = node.path.slice(node.path.lastIndexOf('/') + 1, -suffix.length)
    const found = await readOrReport(context, node.path, async () => {
      const text = await readText(image, node, { maxBytes: maxFileListBytes, signal })
      const libraries = parseDepsJson(text, appName, (problem) =>
        report({ code: 'UNREADABLE', path: node.path, message: `${node.path}: ${problem}` }),
      )
      return toPackages(context, node, libraries)
    })
    for (const one of found ?? []) packages.push(one)
  }
  return packages
}

function toPackages(
  context: ReaderContext,
  node: FileNode,
  libraries: readonly DotnetLibrary[],
): readonly Package[] {
  const { image } = context
  const purls = new Map(
    libraries.map(({ id, name, version }) => [id, toPurl({ type: 'nuget', name, version })]),
  )
  const seen = new Set<string>()
  return libraries.flatMap(({ id, name, version, checksums, needs, assets }) => {
    const purl = purls.get(id)!
    if (seen.has(purl)) return []
    seen.add(purl)
    const dependsOn = needs.flatMap((need) => purls.get(need) ?? [])
    return {
      type: 'nuget',
      name,
      version,
      purl,
      files: findAssets(context, node, assets),
      evidence: evidenceOf(image, node, 'dotnet-deps-json'),
      // The file does not tell.
      license: 'NOASSERTION',
      checksums: checksums.length > 0 ? checksums : undefined,
      dependsOn: dependsOn.length > 0 ? [...new Set(dependsOn)].sort() : undefined,
    }
  })
}

/** Assets that are there: as in the archive, or beside the app, where publishing puts them. */
function findAssets(
  { image: { tree } }: ReaderContext,
  { path }: FileNode,
  assets: readonly string[],
): readonly string[] {
  const folder = path.slice(0, path.lastIndexOf('/'))
  const found = assets.flatMap((asset) => {
    const published = asset.replace(/^(?:runtimes\/[^/]+\/)?(?:lib\/[^/]+|native)\//, '')
    for (const place of [asset, published]) {
      const node = tree.get(tree.canonicalize(`${folder}/${place}`))
      if (node?.type === 'file' && node.path.startsWith(`${folder}/`)) return node.path
    }
    return []
  })
  return [...new Set(found)].sort()
}
