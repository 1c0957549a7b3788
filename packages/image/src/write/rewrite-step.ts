import type { LayerEntry } from '../layer/layer-entry.ts'
import type { TreeNode } from '../tree/image-tree.ts'
import type { Inode } from '../tree/inode.ts'
import type { AttributeEdit, NewEntry } from './image-edit.ts'

/** One entry of a rewritten layer. */
export type RewriteStep =
  /** The entry as it stands in the tar of a source's layer, headers and content. */
  | { readonly action: 'copy'; readonly layer: number; readonly entry: LayerEntry }
  /** A new header made from that of `inode.origin`, and content. */
  | {
      readonly action: 'write'
      readonly path: string
      readonly inode: Inode
      /** New content, instead of the inode's. */
      readonly content?: Uint8Array | undefined
      /** When set, the entry is a hard link to this path. */
      readonly linkTo?: string | undefined
    }
  /** A directory that until now only existed because something was in it. */
  | { readonly action: 'directory'; readonly path: string; readonly attributes?: AttributeEdit | undefined }
  /** A path that the edit adds. */
  | {
      readonly action: 'add'
      readonly path: string
      readonly entry: Exclude<NewEntry, { readonly type: 'hardlink' }>
      readonly linkTo?: string | undefined
    }

/** The step for a directory that has no entry. */
export function toDirectoryStep({ path }: TreeNode, attributes: AttributeEdit | undefined): RewriteStep {
  return { action: 'directory', path, attributes }
}
