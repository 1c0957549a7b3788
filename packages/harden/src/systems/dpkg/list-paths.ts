import { decodeName, type Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'

const maxListBytes = 64 * 1024 * 1024

/** Canonical paths that dpkg's file list of a package names, folders too; none for a package without a list. */
export async function listPaths(
  image: Pick<Image, 'tree' | 'readFile'>,
  { dpkg }: Package,
  signal?: AbortSignal,
): Promise<readonly string[]> {
  const list = dpkg?.metadataPaths.find((path) => path.endsWith('.list'))
  const node = list === undefined ? undefined : image.tree.get(list)
  if (node?.type !== 'file') return []
  const text = decodeName(await image.readFile(node, { maxBytes: maxListBytes, signal }))
  return text
    .split('\n')
    .filter((line) => line.startsWith('/'))
    .map((line) => image.tree.canonicalize(line))
}
