import { decodeName, type FileNode } from '@sallyport/image'
import type { ImageFiles } from '../files/image-files.ts'

/** The file that a process would reach at `path`, if it is a regular one. */
export function findFile({ tree }: Pick<ImageFiles, 'tree'>, path: string): FileNode | undefined {
  const node = tree.resolve(path)
  return node?.type === 'file' ? node : undefined
}

/** Whether anything lies at `path`, a link that leads nowhere included. */
export function existsInTree({ tree }: Pick<ImageFiles, 'tree'>, path: string): boolean {
  return tree.get(tree.canonicalize(path)) !== undefined
}

/**
 * Reads a file as UTF-8. A byte that is none becomes a lone surrogate, as in the paths of the tree, so that paths in
 * the text can be found there and the exact bytes can be written again.
 */
export async function readText(
  image: Pick<ImageFiles, 'readFile'>,
  node: FileNode,
  { maxBytes, signal }: { readonly maxBytes: number; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  return decodeName(await image.readFile(node, { maxBytes, signal }))
}
