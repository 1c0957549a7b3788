import { decodeName, type FileNode } from '@sallyport/image'
import type { FileExaminer } from '../files/image-files.ts'
import { maxMetadataBytes } from '../internal/limits.ts'
import { quote } from '../internal/quote.ts'
import { findFile, readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { listFiles } from './list-files.ts'
import { type DirectUrl, parseDirectUrl } from './parse-direct-url.ts'
import { parsePythonMetadata, type PythonMetadata } from './parse-metadata.ts'
import { parseRequires } from './parse-requires.ts'
import { type Installed, resolveRequires } from './resolve-requires.ts'

const metadataPath =
  /\/(?:[^/]+\.dist-info\/METADATA|[^/]+\.egg-info\/PKG-INFO|EGG-INFO\/PKG-INFO|[^/]+\.egg-info)$/
/** What lies beside it, and the pointer to a project that is developed elsewhere. */
const besidePath =
  /\/(?:[^/]+\.dist-info\/(?:RECORD|direct_url\.json)|(?:[^/]+\.egg-info|EGG-INFO)\/(?:installed-files|requires)\.txt|[^/]+\.egg-link)$/

/** The expressions are slow on the many paths that are none; what these end in is quickly seen. */
const ends = ['/METADATA', '/PKG-INFO', '.egg-info']
const isMetadata = (path: string): boolean =>
  ends.some((end) => path.endsWith(end)) && metadataPath.test(path)
const endsBeside = ['/RECORD', '/direct_url.json', '/installed-files.txt', '/requires.txt', '.egg-link']
const isBeside = (path: string): boolean =>
  endsBeside.some((end) => path.endsWith(end)) && besidePath.test(path)

/** A whole distribution in a zip archive, as easy_install left it. */
const eggExaminer: FileExaminer<PythonMetadata> = {
  name: 'python-egg',
  version: 1,
  selects: ({ path }) => path.endsWith('.egg'),
  examine: async (content, { signal }) => {
    const { readArchive } = await import('../internal/read-archive.ts')
    const entries = await readArchive(
      content,
      (name) => /^EGG-INFO\/(?:PKG-INFO|requires\.txt)$/.test(name),
      {
        maxBytes: maxMetadataBytes,
        signal,
      },
    )
    const textOf = (name: string) => {
      const entry = entries.find((one) => one.name === `EGG-INFO/${name}`)
      return entry && decodeName(entry.bytes)
    }
    const metadata = parsePythonMetadata(textOf('PKG-INFO') ?? '')
    return { ...metadata, requires: [...metadata.requires, ...parseRequires(textOf('requires.txt') ?? '')] }
  },
}

/** Finds Python distributions as they are installed: `*.dist-info`, `*.egg-info`, `EGG-INFO` and eggs, wherever they lie. */
export const pythonReader: PackageReader = {
  name: 'python',
  version: 2,
  selects: ({ path }) => isMetadata(path) || isBeside(path),
  examiners: [eggExaminer],
  read: readPython,
}

async function readPython(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal } = context
  const found: (readonly [Package, Installed])[] = []
  for (const node of image.tree.entries()) {
    if (node.type !== 'file') continue
    signal?.throwIfAborted()
    if (node.path.endsWith('.egg-link')) await checkLink(context, node)
    const isEgg = eggExaminer.selects(node)
    if (!isEgg && !isMetadata(node.path)) continue
    const one = await readOrReport(context, node.path, async () => {
      const metadata = isEgg
        ? await image.examine(node, eggExaminer, { signal })
        : await readMetadata(context, node)
      return metadata && (await toPackage(context, node, metadata))
    })
    if (one) found.push(one)
  }
  const needsOf = resolveRequires(found.map(([, installed]) => installed))
  return found.map(([one, installed]) => ({ ...one, dependsOn: needsOf(installed) }))
}

async function readMetadata({ image, signal }: ReaderContext, node: FileNode): Promise<PythonMetadata> {
  const metadata = parsePythonMetadata(await readText(image, node, { maxBytes: maxMetadataBytes, signal }))
  const list =
    node.path.endsWith('/PKG-INFO') && findFile(image, node.path.replace(/PKG-INFO$/, 'requires.txt'))
  if (!list) return metadata
  const more = parseRequires(await readText(image, list, { maxBytes: maxMetadataBytes, signal }))
  return { ...metadata, requires: [...metadata.requires, ...more] }
}

async function toPackage(
  context: ReaderContext,
  node: FileNode,
  { name, version, license, requires }: PythonMetadata,
): Promise<readonly [Package, Installed]> {
  const { image } = context
  const isEgg = eggExaminer.selects(node)
  const origin = await readDirectUrl(context, node)
  const purl = toPurl({ type: 'pypi', name, version, qualifiers: { vcs_url: origin?.vcsUrl } })
  const method = isEgg
    ? 'python-egg'
    : node.path.endsWith('/METADATA')
      ? 'python-dist-info'
      : 'python-egg-info'
  const found: Package = {
    type: 'pypi',
    name,
    version,
    purl,
    files: isEgg ? [node.path] : await listFiles(context, node),
    evidence: evidenceOf(image, node, method),
    license,
    checksums: origin && origin.checksums.length > 0 ? origin.checksums : undefined,
  }
  return [found, { folder: importFolder(node.path), name, purl, requires }]
}

/** Folder around the metadata; the one around the egg where it is in an egg. */
function importFolder(path: string): string {
  const folder = path.slice(0, path.lastIndexOf('/'))
  if (path.endsWith('.egg-info') || path.endsWith('.egg')) return folder
  const around = folder.slice(0, folder.lastIndexOf('/'))
  return folder.endsWith('/EGG-INFO') ? around.slice(0, around.lastIndexOf('/')) : around
}

async function readDirectUrl(context: ReaderContext, metadata: FileNode): Promise<DirectUrl | undefined> {
  const { image, signal } = context
  if (!metadata.path.endsWith('.dist-info/METADATA')) return undefined
  const node = findFile(image, metadata.path.replace(/METADATA$/, 'direct_url.json'))
  if (!node) return undefined
  return readOrReport(context, node.path, async () =>
    parseDirectUrl(await readText(image, node, { maxBytes: maxMetadataBytes, signal })),
  )
}

/** A project that is developed elsewhere in the image has its metadata there. */
async function checkLink(context: ReaderContext, node: FileNode): Promise<void> {
  const { image, signal, report } = context
  const text = await readOrReport(context, node.path, () =>
    readText(image, node, { maxBytes: maxMetadataBytes, signal }),
  )
  if (text === undefined) return
  const target = text.split(/\r?\n/, 1)[0]!.trim()
  const folder = target.startsWith('/') ? image.tree.resolve(target) : undefined
  const children = folder?.type === 'directory' ? image.tree.children(folder.path) : []
  if (children.some(({ path }) => path.endsWith('.egg-info'))) return
  const message = `${node.path}: nothing is installed at ${quote(target)}, where it leads to`
  report({ code: 'UNREADABLE', path: node.path, message })
}
