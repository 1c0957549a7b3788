import type { FileNode } from '@sallyport/image'
import { maxFileListBytes, maxMetadataBytes } from '../internal/limits.ts'
import { readText } from '../internal/read-text.ts'
import type { Package } from '../inventory.ts'
import { toPurl } from '../package-url.ts'
import { evidenceOf, type PackageReader, type ReaderContext, readOrReport } from '../reader.ts'
import { spdxOrUnknown } from '../spdx-expression.ts'
import { parsePythonMetadata, parseRecord } from './parse-metadata.ts'

const metadataPath =
  /\/(?:[^/]+\.dist-info\/METADATA|[^/]+\.egg-info\/PKG-INFO|EGG-INFO\/PKG-INFO|[^/]+\.egg-info)$/

/** Finds Python distributions as they are installed: `*.dist-info`, `*.egg-info` and `EGG-INFO`, wherever they lie. */
export const pythonReader: PackageReader = {
  name: 'python',
  version: 1,
  selects: ({ path }) => metadataPath.test(path) || fileList.test(path),
  read: readPython,
}

const fileList = /\/(?:[^/]+\.dist-info\/RECORD|(?:[^/]+\.egg-info|EGG-INFO)\/installed-files\.txt)$/

async function readPython(context: ReaderContext): Promise<readonly Package[]> {
  const { image, signal } = context
  const packages: Package[] = []
  for (const node of image.tree.entries()) {
    if (node.type !== 'file' || !metadataPath.test(node.path)) continue
    const found = await readOrReport(context, node.path, async () => {
      const text = await readText(image, node, { maxBytes: maxMetadataBytes, signal })
      const { name, version, license } = parsePythonMetadata(text)
      return { name, version, license, purl: toPurl({ type: 'pypi', name, version }) }
    })
    if (!found) continue
    packages.push({
      type: 'pypi',
      name: found.name,
      version: found.version,
      purl: found.purl,
      files: await listFiles(context, node),
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

/** The files that a distribution lists and that are there, with its metadata. */
async function listFiles(context: ReaderContext, metadata: FileNode): Promise<readonly string[]> {
  const { image, signal } = context
  const { tree } = image
  const owned = new Set([metadata.path])
  const isFolder = !metadata.path.endsWith('.egg-info')
  const folder = metadata.path.slice(0, metadata.path.lastIndexOf('/'))
  if (isFolder) for (const { path, type } of tree.children(folder)) if (type !== 'directory') owned.add(path)
  // pip's RECORD is relative to the folder around; setuptools' older list to its own.
  const lists = isFolder
    ? ([
        [`${folder}/RECORD`, folder.slice(0, folder.lastIndexOf('/'))],
        [`${folder}/installed-files.txt`, folder],
      ] as const)
    : []
  for (const [path, base] of lists) {
    const node = tree.get(path)
    if (node?.type !== 'file') continue
    const listed = await readOrReport(context, path, async () =>
      parseRecord(await readText(image, node, { maxBytes: maxFileListBytes, signal })),
    )
    for (const entry of listed ?? []) {
      const found = tree.get(tree.canonicalize(entry.startsWith('/') ? entry : `${base}/${entry}`))
      if (found && found.type !== 'directory') owned.add(found.path)
    }
  }
  return [...owned].sort()
}
