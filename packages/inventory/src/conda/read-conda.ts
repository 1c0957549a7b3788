import type { FileNode } from '@sallyport/image'
import { maxFileListBytes } from '../internal/limits.ts'
import { readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { type CondaPackage, parseCondaMeta } from './parse-conda-meta.ts'

const metaPath = /\/conda-meta\/[^/]+\.json$/

/** Finds the packages of conda environments: one file below `conda-meta` each. */
export const condaReader: PackageReader = {
  name: 'conda',
  version: 1,
  selects: ({ path }) => metaPath.test(path),
  read: readConda,
}

async function readConda(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal } = context
  const found: { node: FileNode; prefix: string; meta: CondaPackage; purl: string }[] = []
  const environments = new Map<string, Map<string, string>>()
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !metaPath.test(node.path)) continue
    signal?.throwIfAborted()
    const prefix = node.path.slice(0, node.path.lastIndexOf('/conda-meta/'))
    const one = await readOrReport(context, node.path, async () => {
      const meta = parseCondaMeta(await readText(image, node, { maxBytes: maxFileListBytes, signal }))
      const { name, version, qualifiers } = meta
      return { node, prefix, meta, purl: toPurl({ type: 'conda', name, version, qualifiers }) }
    })
    if (!one) continue
    found.push(one)
    const names = environments.get(prefix) ?? new Map<string, string>()
    names.set(one.meta.name, one.purl)
    environments.set(prefix, names)
  }
  return found.map(({ node, prefix, meta, purl }) => {
    const needs = meta.needs.flatMap((name) => environments.get(prefix)?.get(name) ?? [])
    return {
      type: 'conda',
      name: meta.name,
      version: meta.version,
      purl,
      files: listFiles(context, node, prefix, meta.files),
      evidence: evidenceOf(image, node, 'conda-meta'),
      license: meta.license,
      checksums: meta.checksums.length > 0 ? meta.checksums : undefined,
      dependsOn: needs.length > 0 ? [...new Set(needs)].sort() : undefined,
    }
  })
}

/** Its own record, and what it lists and is there, in the environment. */
function listFiles(
  { image: { tree } }: ReaderContext,
  { path }: FileNode,
  prefix: string,
  listed: readonly string[],
): readonly string[] {
  const owned = new Set([path])
  for (const entry of listed) {
    const found = tree.get(tree.canonicalize(`${prefix}/${entry}`))
    if (found && found.type !== 'directory' && found.path.startsWith(`${prefix}/`)) owned.add(found.path)
  }
  return [...owned].sort()
}
