import type { FileNode } from '@sallyport/image'
import { maxFileListBytes } from '../internal/limits.ts'
import { readText } from '../internal/read-text.ts'
import { type ReaderContext, readOrReport } from '../reader.ts'
import { parseRecord } from './parse-metadata.ts'

/** The files that a distribution lists and that are there, with its metadata. */
export async function listFiles(context: ReaderContext, metadata: FileNode): Promise<readonly string[]> {
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
