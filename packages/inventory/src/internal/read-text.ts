import type { FileNode, Image } from '@sallyport/image'

/** Largest database that is read, in bytes. */
export const maxDatabaseBytes: number = 64 * 1024 * 1024
/** Largest manifest of one package that is read, in bytes. */
export const maxMetadataBytes: number = 4 * 1024 * 1024

/** The file that a process would reach at `path`, if it is a regular one. */
export function findFile({ tree }: Pick<Image, 'tree'>, path: string): FileNode | undefined {
  const node = tree.resolve(path)
  return node?.type === 'file' ? node : undefined
}

/** Reads a file as UTF-8; bytes that are none become U+FFFD. */
export async function readText(
  image: Image,
  node: FileNode,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  return Buffer.from(await image.readFile(node, { maxBytes, signal })).toString('utf8')
}
