import type { FileNode, Image } from '@sallyport/image'
import { maxMetadataBytes, readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, readOrReport } from '../reader.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'

const metadataPath = /\/(?:[^/]+\.dist-info\/METADATA|[^/]+\.egg-info(?:\/PKG-INFO)?)$/

/** Finds Python distributions as they are installed: `*.dist-info` and `*.egg-info`, wherever they lie. */
export const readPython: PackageReader = async (context) => {
  const { image, signal } = context
  const packages: Package[] = []
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !metadataPath.test(node.path)) continue
    const found = await readOrReport(context, node.path, async () => {
      const headers = parseHeaders(await readText(image, node, { maxBytes: maxMetadataBytes, signal }))
      const name = headers.get('name')
      const version = headers.get('version')
      if (!name || !version) throw new SyntaxError('no name or version')
      return {
        name,
        version,
        license: headers.get('license-expression'),
        files: await listFiles(image, node, signal),
      }
    })
    if (!found) continue
    const name = normalize(found.name)
    packages.push({
      type: 'pypi',
      name,
      version: found.version,
      purl: toPurl('pypi', undefined, name, found.version),
      files: found.files,
      evidence: evidenceOf(
        image,
        node,
        node.path.endsWith('/METADATA') ? 'python-dist-info' : 'python-egg-info',
      ),
      license: spdxOrUnknown(found.license),
    })
  }
  return packages
}

/** PEP 503. */
const normalize = (name: string) => name.toLowerCase().replaceAll(/[-_.]+/g, '-')

/** The header fields of a metadata file, by lower-case name; the first of each counts, the body is left out. */
function parseHeaders(text: string): ReadonlyMap<string, string> {
  const headers = new Map<string, string>()
  for (const line of text.split(/\r?\n/)) {
    if (line === '') break
    const match = /^([A-Za-z-]+):\s*(.*)$/.exec(line)
    if (match && !headers.has(match[1]!.toLowerCase())) headers.set(match[1]!.toLowerCase(), match[2]!.trim())
  }
  return headers
}

async function listFiles(
  image: Image,
  metadata: FileNode,
  signal: AbortSignal | undefined,
): Promise<readonly string[]> {
  const folder = metadata.path.slice(0, metadata.path.lastIndexOf('/'))
  const record = metadata.path.endsWith('/METADATA') ? image.tree.get(`${folder}/RECORD`) : undefined
  if (record?.type !== 'file') return [metadata.path]
  const site = folder.slice(0, folder.lastIndexOf('/'))
  const owned = new Set<string>()
  for (const line of (await readText(image, record, { maxBytes: maxMetadataBytes * 4, signal })).split(
    /\r?\n/,
  )) {
    const path = line.startsWith('"')
      ? /^"((?:[^"]|"")*)"/.exec(line)?.[1]?.replaceAll('""', '"')
      : line.split(',')[0]
    if (!path) continue
    const node = image.tree.get(image.tree.canonicalize(path.startsWith('/') ? path : `${site}/${path}`))
    if (node && node.type !== 'directory') owned.add(node.path)
  }
  return [...owned].sort()
}
