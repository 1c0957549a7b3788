import { createHash } from 'node:crypto'
import type { FileNode, Image, NewEntry } from '@sallyport/image'
import type { PackageEdit } from './package-edit.ts'
import type { PackageEntry } from './package-entry.ts'

/** An entry of a package with the place that it has in the image. */
export interface PlacedEntry {
  readonly entry: PackageEntry
  /** Canonical path in the image. */
  readonly path: string
  /** What is there now. */
  readonly node?: FileNode | undefined
}

/** What is needed to write entries of a package. */
export interface PlaceOptions {
  readonly image: Image
  /** All entries of the package by their own paths. */
  readonly entries: ReadonlyMap<string, PackageEntry>
  open(entry: PackageEntry): AsyncIterable<Uint8Array>
  readonly signal?: AbortSignal | undefined
}

/** Users and groups above are made by scripts, under numbers that differ from one image to the next. */
const maxFixedId = 99

/**
 * Adds what files and links of a package change: nothing where the image has the same already. A path that exists keeps
 * its mode, owner and extended attributes, which the image may have set otherwise on purpose.
 *
 * @returns why it can't be done, if so
 */
export async function placeEntries(
  placed: readonly PlacedEntry[],
  edit: PackageEdit,
  { image, entries, open, signal }: PlaceOptions,
): Promise<string | undefined> {
  const linked = new Map<string, string>()
  for (const { entry, path, node } of [...placed].sort(byPath)) {
    signal?.throwIfAborted()
    const source = entry.type === 'hardlink' ? entries.get(entry.linkTarget) : entry
    if (source?.type === 'hardlink' || source === undefined)
      return `${path} is a hard link to no file of the package`
    if (node?.type === 'directory') return `${path} is a folder in the image`
    if (node && node.type !== 'file' && node.type !== 'symlink')
      return `${path} is a ${node.type} in the image`
    if (!node && (entry.uid > maxFixedId || entry.gid > maxFixedId))
      return `${path} is new and belongs to user ${entry.uid}, group ${entry.gid}, which the image may not have`
    if (node && (await isSame(node, source))) continue
    if (node) edit.remove.add(path)
    edit.add.set(path, toNewEntry(path, source, node))
  }
  return undefined

  function toNewEntry(path: string, source: PackageEntry, node: FileNode | undefined): NewEntry {
    const { uid, gid } = node ?? source
    const { mtime } = source
    if (source.type === 'symlink') return { type: 'symlink', linkTarget: source.linkTarget, uid, gid, mtime }
    // The first path of those that share a file has its content.
    const first = linked.get(source.path)
    if (first !== undefined) return { type: 'hardlink', linkTo: first }
    linked.set(source.path, path)
    const isFile = node?.type === 'file'
    return {
      type: 'file',
      content: { size: source.size, open: () => open(source) },
      mode: isFile ? node.mode : source.mode,
      uid,
      gid,
      mtime,
      xattrs: isFile ? node.xattrs : source.xattrs,
    }
  }

  async function isSame(node: FileNode, source: PackageEntry): Promise<boolean> {
    if (node.type !== source.type) return false
    if (source.type === 'symlink') return node.linkTarget === source.linkTarget
    if (node.size !== source.size) return false
    return (await digestOf(image.openFile(node, { signal }))) === (await digestOf(open(source)))
  }
}

/** Hash of a content, by default SHA-256, in hexadecimal. */
export async function digestOf(
  content: AsyncIterable<Uint8Array>,
  algorithm: 'sha256' | 'md5' | 'sha1' = 'sha256',
): Promise<string> {
  const hash = createHash(algorithm)
  for await (const chunk of content) hash.update(chunk)
  return hash.digest('hex')
}

/**
 * Adds the folders that new paths need and the image does not have, with mode and owner as the package brings them.
 *
 * @param folders - folders of the package by canonical path
 */
export function addParents(
  image: Image,
  edit: PackageEdit,
  folders: ReadonlyMap<string, PackageEntry>,
): void {
  for (const path of [...edit.add.keys()]) {
    for (let at = parentOf(path); at !== '' && !edit.add.has(at); at = parentOf(at)) {
      if (image.tree.get(at)) break
      const { mode, uid, gid, mtime } = folders.get(at) ?? { mode: 0o755, uid: 0, gid: 0, mtime: 0 }
      edit.add.set(at, { type: 'directory', mode, uid, gid, mtime })
    }
  }
}

/** The folder of a canonical path; empty for what is in the root. */
export const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))

function byPath({ path: one }: PlacedEntry, { path: other }: PlacedEntry): number {
  return one < other ? -1 : one > other ? 1 : 0
}
