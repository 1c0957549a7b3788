import type { NewEntry } from '@sallyport/image'

/** What upgrades change in an image. A path that is written anew is in `remove` and `add`. */
export interface PackageEdit {
  readonly remove: Set<string>
  readonly add: Map<string, NewEntry>
  readonly replace: Map<string, Uint8Array>
}

/** Puts all of one edit into another. */
export function mergeEdit(into: PackageEdit, edit: PackageEdit): void {
  for (const path of edit.remove) into.remove.add(path)
  for (const [path, entry] of edit.add) into.add.set(path, entry)
  for (const [path, content] of edit.replace) into.replace.set(path, content)
}

/** An edit of nothing. */
export const emptyEdit = (): PackageEdit => ({ remove: new Set(), add: new Map(), replace: new Map() })
