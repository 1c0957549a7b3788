import { ImageError } from '../errors.ts'
import type { TreeNode } from '../tree/image-tree.ts'
import type { Inode } from '../tree/inode.ts'
import type { SharedInode } from '../tree/layer-tree.ts'
import type { AttributeEdit, ImageEdit } from './image-edit.ts'

/** The changes of metadata that an edit makes; hard links share them, and those that change nothing are left out. */
export class AttributeEdits {
  readonly #paths = new Map<string, AttributeEdit>()
  readonly #files = new Map<SharedInode, AttributeEdit>()
  readonly #replaced: ReadonlySet<string>

  /**
   * @throws {ImageError} `PATH_INVALID` for a path that does not stay.
   * @throws {ImageError} `EDIT_INVALID` for numbers out of range, and hard links that are given different metadata.
   */
  constructor(paths: ReadonlyMap<string, TreeNode>, { attributes, replace }: ImageEdit) {
    this.#replaced = new Set(replace.keys())
    const files = new Map<SharedInode, { readonly node: TreeNode; readonly edit: AttributeEdit }>()
    for (const [path, edit] of attributes ?? []) {
      const node = paths.get(path)
      if (node === undefined) {
        throw new ImageError(
          'PATH_INVALID',
          `${JSON.stringify(path)} cannot be given other metadata: it is not in the image, or is removed`,
          { path },
        )
      }
      checkMetadata(path, edit)
      const { shared } = node
      if (shared === undefined || replace.has(path)) {
        if (changesNode(node, edit)) this.#paths.set(path, edit)
        continue
      }
      const other = files.get(shared)
      if (other !== undefined && changesNode({ ...node, ...edit, ...defined(other.edit) }, edit)) {
        throw new ImageError(
          'EDIT_INVALID',
          `${JSON.stringify(path)} and ${JSON.stringify(other.node.path)} are one file, but are given different metadata`,
          { path },
        )
      }
      files.set(shared, { node, edit: { ...other?.edit, ...defined(edit) } })
    }
    for (const [shared, { node, edit }] of files) {
      if (changesNode(node, edit)) this.#files.set(shared, edit)
    }
  }

  get size(): number {
    return this.#paths.size + this.#files.size
  }

  /** What changes at a path, undefined for nothing. */
  of({ path, shared }: TreeNode): AttributeEdit | undefined {
    return shared === undefined || this.#replaced.has(path) ? this.#paths.get(path) : this.#files.get(shared)
  }

  /** Whether the file itself changes, as it is seen at paths without a new content. */
  changesFile(shared: SharedInode): boolean {
    return this.#files.has(shared)
  }
}

/** The inode with other metadata. */
export function withAttributes(inode: Inode, edit: AttributeEdit | undefined): Inode {
  return edit === undefined ? inode : { ...inode, ...defined(edit) }
}

/**
 * Checks numbers that come from outside.
 *
 * @throws {ImageError} `EDIT_INVALID` when one can't stand in a header.
 */
export function checkMetadata(
  path: string,
  { mode, uid, gid, mtime }: AttributeEdit & { mtime?: number },
): void {
  const bad =
    (mode !== undefined && !isWithin(mode, 0o7777) && 'mode') ||
    (uid !== undefined && !isWithin(uid, 0xffff_ffff) && 'uid') ||
    (gid !== undefined && !isWithin(gid, 0xffff_ffff) && 'gid') ||
    (mtime !== undefined && !Number.isFinite(mtime) && 'mtime')
  if (bad) throw new ImageError('EDIT_INVALID', `${JSON.stringify(path)}: ${bad} is out of range`, { path })
}

function isWithin(value: number, max: number): boolean {
  return Number.isInteger(value) && value >= 0 && value <= max
}

function changesNode(node: AttributeEdit, edit: AttributeEdit): boolean {
  const numbers = (['mode', 'uid', 'gid'] as const).some(
    (field) => edit[field] !== undefined && edit[field] !== node[field],
  )
  return numbers || (edit.xattrs !== undefined && !sameAttributes(edit.xattrs, node.xattrs ?? new Map()))
}

function sameAttributes(a: ReadonlyMap<string, Uint8Array>, b: ReadonlyMap<string, Uint8Array>): boolean {
  return (
    a.size === b.size &&
    [...a].every(([name, value]) => {
      const other = b.get(name)
      return other !== undefined && Buffer.compare(value, other) === 0
    })
  )
}

/** Without keys whose value is undefined: they would overwrite what stays. */
function defined({ mode, uid, gid, xattrs }: AttributeEdit): {
  mode?: number
  uid?: number
  gid?: number
  xattrs?: ReadonlyMap<string, Uint8Array>
} {
  return {
    ...(mode !== undefined && { mode }),
    ...(uid !== undefined && { uid }),
    ...(gid !== undefined && { gid }),
    ...(xattrs !== undefined && { xattrs }),
  }
}
