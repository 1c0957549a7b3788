import type { FileNode } from '@sallyport/image'
import * as z from 'zod'
import { maxMetadataBytes, readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'
import { evidenceOf, type PackageReader, readOrReport } from '../reader.ts'

const manifestPath = /^(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\/package\.json$/
const manifest = z.looseObject({
  name: z.string().min(1).max(400),
  version: z.string().min(1).max(200),
  license: z.unknown().optional(),
})

/** Finds npm packages as they are installed: the `package.json` of each folder right below a `node_modules`. */
export const readNpm: PackageReader = async (context) => {
  const { image, signal } = context
  const roots = new Map<string, FileNode>()
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !node.path.endsWith('/package.json')) continue
    const root = manifestPath.exec(node.path)?.[1]
    // A folder such as node_modules/.cache is no package.
    if (root && !root.slice(root.lastIndexOf('/node_modules/') + 14).startsWith('.')) roots.set(root, node)
  }
  const files = groupFiles(image.tree.entries(), roots)
  const packages: Package[] = []
  for (const [root, node] of roots) {
    const found = await readOrReport(context, node.path, async () => {
      const text = await readText(image, node, { maxBytes: maxMetadataBytes, signal })
      const parsed = manifest.safeParse(JSON.parse(text))
      // Folders with a bare package.json ("type": "module") are parts of a package.
      return parsed.success ? parsed.data : undefined
    })
    if (!found) continue
    const slash = found.name.startsWith('@') ? found.name.indexOf('/') : -1
    const namespace = slash > 0 ? found.name.slice(0, slash) : undefined
    packages.push({
      type: 'npm',
      name: found.name,
      version: found.version,
      purl: toPurl('npm', namespace, slash > 0 ? found.name.slice(slash + 1) : found.name, found.version),
      files: files.get(root) ?? [],
      evidence: evidenceOf(image, node, 'npm-package-json'),
      license: spdxOrUnknown(found.license),
    })
  }
  return packages
}

/** Each file goes to the innermost package folder around it. */
function groupFiles(
  entries: Iterable<FileNode>,
  roots: ReadonlyMap<string, FileNode>,
): ReadonlyMap<string, string[]> {
  const files = new Map<string, string[]>()
  if (roots.size === 0) return files
  for (const { path, type } of entries) {
    if (type === 'directory') continue
    for (let end = path.lastIndexOf('/'); end > 0; end = path.lastIndexOf('/', end - 1)) {
      const folder = path.slice(0, end)
      if (!roots.has(folder)) continue
      const group = files.get(folder)
      if (group) group.push(path)
      else files.set(folder, [path])
      break
    }
  }
  return files
}
