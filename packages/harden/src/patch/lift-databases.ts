import type { FileTree } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import { emptyEdit, mergeEdit, type PackageEdit } from './package-edit.ts'

/**
 * Writes package databases anew, into the layer of the files that they tell of, as a package manager does. Files above their
 * database would look as if somebody had put them there without it.
 */
export function liftDatabases(
  edit: PackageEdit,
  { tree, packages }: Pick<Inventory, 'packages'> & { readonly tree: FileTree },
): PackageEdit {
  const lifted = emptyEdit()
  mergeEdit(lifted, edit)
  for (const path of new Set(packages.map(({ evidence }) => evidence.path))) {
    const content = edit.replace.get(path)
    const node = tree.get(path)
    if (content === undefined || node?.type !== 'file') continue
    const { mode, uid, gid, mtime, xattrs } = node
    lifted.replace.delete(path)
    lifted.remove.add(path)
    lifted.add.set(path, { type: 'file', content, mode, uid, gid, mtime, xattrs })
  }
  return lifted
}
