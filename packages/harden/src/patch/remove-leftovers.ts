import type { Image } from '@sallyport/image'
import type { PackageEdit } from './package-edit.ts'
import { parentOf } from './place-entries.ts'

/**
 * Removes bytecode of Python sources that changed or left: it would be stale, and hold the old code.
 *
 * @param isOwned - whether a package brings a path itself
 */
export function removeBytecode({ tree }: Image, edit: PackageEdit, isOwned: (path: string) => boolean): void {
  const sources = [...edit.remove].filter((path) => path.endsWith('.py'))
  for (const path of sources) {
    const stem = path.slice(path.lastIndexOf('/') + 1, -'.py'.length)
    const folder = `${parentOf(path)}/__pycache__`
    if (tree.get(folder)?.type !== 'directory') continue
    for (const { path: file } of tree.children(folder)) {
      const name = file.slice(folder.length + 1)
      if (name.startsWith(`${stem}.`) && name.endsWith('.pyc') && !isOwned(file)) edit.remove.add(file)
    }
  }
}

/** Removes those of some folders that have nothing in them any more, the deepest first. */
export function removeEmptied({ tree }: Image, edit: PackageEdit, folders: Iterable<string>): void {
  const added = new Set([...edit.add.keys()].map(parentOf))
  for (const folder of [...folders].sort((one, other) => other.length - one.length)) {
    if (tree.get(folder)?.type !== 'directory' || added.has(folder)) continue
    const isEmpty = tree.children(folder).every(({ path }) => edit.remove.has(path) && !edit.add.has(path))
    if (isEmpty) edit.remove.add(folder)
  }
}
