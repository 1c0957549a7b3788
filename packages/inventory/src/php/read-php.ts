import type { FileNode } from '@sallyport/image'
import { listFilesBelow } from '../internal/list-files-below.ts'
import { maxDatabaseBytes } from '../internal/limits.ts'
import { readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { type ComposerPackage, parseInstalled } from './parse-installed.ts'

const listPath = /\/composer\/installed\.json$/

/** Finds the packages that Composer installed, by the list that it keeps. */
export const phpReader: PackageReader = {
  name: 'php',
  version: 1,
  selects: ({ path }) => listPath.test(path),
  read: readPhp,
}

async function readPhp(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal, report } = context
  const packages: Package[] = []
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !listPath.test(node.path)) continue
    signal?.throwIfAborted()
    const found = await readOrReport(context, node.path, async () => {
      const text = await readText(image, node, { maxBytes: maxDatabaseBytes, signal })
      const listed = parseInstalled(text, (problem) =>
        report({ code: 'UNREADABLE', path: node.path, message: `${node.path}: ${problem}` }),
      )
      return toPackages(context, node, listed)
    })
    for (const one of found ?? []) packages.push(one)
  }
  return packages
}

function toPackages(
  { image }: ReaderContext,
  node: FileNode,
  found: readonly ComposerPackage[],
): readonly Package[] {
  const purls = new Map(found.map((one) => [one.name, toComposerPurl(one)]))
  const seen = new Set<string>()
  return found.flatMap((one) => {
    const purl = toComposerPurl(one)
    if (seen.has(purl)) return []
    seen.add(purl)
    const needs = one.needs.flatMap((name) => purls.get(name) ?? [])
    return {
      type: 'composer',
      name: one.name,
      version: one.version,
      purl,
      files: listFilesBelow(image, folderOf(image, node, one)),
      evidence: evidenceOf(image, node, 'composer-installed'),
      license: one.license,
      checksums: one.checksums.length > 0 ? one.checksums : undefined,
      dependsOn: needs.length > 0 ? [...new Set(needs)].sort() : undefined,
    }
  })
}

function toComposerPurl({ name, version }: ComposerPackage): string {
  const [namespace, own] = name.split('/') as [string, string]
  return toPurl({ type: 'composer', namespace, name: own, version })
}

/** Where the package lies: in the folder that Composer noted, if that is in the project, else in `vendor/<name>`. */
function folderOf({ tree }: ReaderContext['image'], { path }: FileNode, one: ComposerPackage): string {
  const here = path.slice(0, path.lastIndexOf('/'))
  const vendor = here.slice(0, here.lastIndexOf('/'))
  const project = vendor.slice(0, vendor.lastIndexOf('/')) || vendor
  const noted = tree.canonicalize(`${here}/${one.installPath ?? `../${one.name}`}`)
  const isOwn = noted.startsWith(`${project}/`) && noted !== here && !here.startsWith(`${noted}/`)
  return isOwn ? noted : `${vendor}/${one.name}`
}
