import { type ImageLimits, resolveLimits } from '../image-limits.ts'
import type { LayerIndex } from '../layer/layer-entry.ts'
import type { FileNode, FileTree } from './file-tree.ts'
import { ImageTree } from './image-tree.ts'
import type { EntryRef } from './inode.ts'
import { mergeLayers } from './merge-layers.ts'

/** A merged view with the way back to the layers. */
export interface MergedTree extends FileTree {
  /** The entry that brought the content of a regular file; of a hard link the one of the file that it shares. */
  contentOf(node: FileNode): EntryRef | undefined
}

/**
 * Lays the indexes of layers over each other, the base first, with whiteouts and opaque directories applied.
 *
 * @throws {ImageError} `PATH_INVALID`, `TAR_INVALID` when entries of a layer contradict each other.
 * @throws {ImageError} `LIMIT_EXCEEDED` when there are too many paths.
 */
export function mergeTree(
  layers: readonly LayerIndex[],
  { limits }: { readonly limits?: ImageLimits | undefined } = {},
): MergedTree {
  const { maxPaths } = resolveLimits(limits)
  return new ImageTree(mergeLayers(layers, maxPaths).root, maxPaths)
}
