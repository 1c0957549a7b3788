import type { FileNode } from '@sallyport/image'
import * as z from 'zod'
import { maxMetadataBytes } from '../internal/limits.ts'
import { parseJson } from '../internal/parse-json.ts'
import { readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'

const folderName = '/node_modules/'
const rootName = /^(?:@[^/]+\/)?[^/@.][^/]*$/
const manifestName = '/package.json'
const licenseObject = z.looseObject({ type: z.string() })
const manifest = z.looseObject({
  name: z.string().min(1).max(400),
  version: z.string().min(1).max(256),
  license: z.unknown().optional(),
  licenses: z.unknown().optional(),
})

/** Finds npm packages as they are installed: the `package.json` of each folder right below a `node_modules`. */
export const npmReader: PackageReader = {
  name: 'npm',
  version: 1,
  selects: ({ path }) => path.endsWith(manifestName) && path.includes(folderName),
  read: readNpm,
}

async function readNpm(context: ReaderContext): Promise<readonly Package[]> {
  const { tree } = context.image
  const roots = new Map<string, FileNode>()
  for (const node of tree.entries()) {
    if (node.type !== 'file' || !node.path.endsWith(manifestName)) continue
    const root = node.path.slice(0, -manifestName.length)
    // A folder such as node_modules/.cache is no package.
    const at = root.lastIndexOf(folderName)
    if (at >= 0 && rootName.test(root.slice(at + folderName.length))) roots.set(root, node)
  }
  const files = groupFiles(tree.entries(), roots)
  const packages: Package[] = []
  for (const [root, node] of roots) {
    const found = await readOrReport(context, node.path, () =>
      readPackage(context, node, files.get(root) ?? []),
    )
    if (found) packages.push(found)
  }
  return packages
}

async function readPackage(
  { image, signal }: ReaderContext,
  node: FileNode,
  files: readonly string[],
): Promise<Package | undefined> {
  const value = parseJson(await readText(image, node, { maxBytes: maxMetadataBytes, signal }))
  // A bare one ({ "type": "module" }) is a part of the package around it.
  if (isObject(value) && (value.name === undefined || value.version === undefined)) return undefined
  const parsed = manifest.safeParse(value)
  if (!parsed.success) throw new SyntaxError('name and version are no texts of usual length')
  const { name, version, license, licenses } = parsed.data
  const slash = name.startsWith('@') ? name.indexOf('/') : -1
  return {
    type: 'npm',
    name,
    version,
    purl: toPurl({
      type: 'npm',
      namespace: slash > 0 ? name.slice(0, slash) : undefined,
      name: name.slice(slash + 1),
      version,
    }),
    files,
    evidence: evidenceOf(image, node, 'npm-package-json'),
    license: toExpression(license ?? licenses),
  }
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** npm's `license`, and the object and list that it replaced. */
function toExpression(value: unknown): string {
  const only = Array.isArray(value) && value.length === 1 ? (value[0] as unknown) : value
  const named = licenseObject.safeParse(only)
  return spdxOrUnknown(named.success ? named.data.type : only)
}

/** Each file goes to the innermost package folder around it; `node_modules/.bin` and the like to none. */
function groupFiles(
  entries: Iterable<FileNode>,
  roots: ReadonlyMap<string, FileNode>,
): ReadonlyMap<string, string[]> {
  const files = new Map<string, string[]>()
  if (roots.size === 0) return files
  for (const { path, type } of entries) {
    if (type === 'directory') continue
    const root = innermostRoot(path, roots)
    if (root === undefined) continue
    const group = files.get(root)
    if (group) group.push(path)
    else files.set(root, [path])
  }
  return files
}

function innermostRoot(path: string, roots: ReadonlyMap<string, FileNode>): string | undefined {
  for (let at = path.lastIndexOf(folderName); at >= 0; at = path.lastIndexOf(folderName, at - 1)) {
    const inside = path.slice(at + folderName.length)
    if (inside.startsWith('.')) return undefined
    const first = inside.indexOf('/')
    const end = inside.startsWith('@') && first >= 0 ? inside.indexOf('/', first + 1) : first
    const root = end < 0 ? undefined : path.slice(0, at + folderName.length + end)
    if (root !== undefined && roots.has(root)) return root
    if (at === 0) break
  }
  return undefined
}
