import type { Image } from '@sallyport/image'
import type { DatabaseEdit } from '../../systems/package-system.ts'
import { withoutPaths } from '../../tree-view.ts'
import { filterLinkerCache } from './filter-linker-cache.ts'

const maxIndexBytes = 64 * 1024 * 1024

/**
 * Takes what leaves an image out of its indexes: `/etc/ld.so.cache`, `/etc/shells`, and `gconv-modules.cache`, which
 * goes whole where it names a module that is gone (glibc then reads the files that it is made of). The bundle of
 * certificates is no index of files, and stays.
 *
 * @param isListed - whether a package that stays lists a path, which then can't go
 */
export async function filterIndexes(
  image: Image,
  edit: DatabaseEdit,
  isListed: (path: string) => boolean,
  signal?: AbortSignal,
): Promise<void> {
  const { tree } = image
  const view = withoutPaths(tree, edit.remove)
  const isGone = (path: string) => tree.resolve(path) !== undefined && view.resolve(path) === undefined
  const change = async (path: string, filter: (bytes: Uint8Array) => Uint8Array | undefined) => {
    const node = tree.resolve(path)
    if (node?.type !== 'file' || edit.remove.has(node.path) || node.size > maxIndexBytes) return
    const bytes =
      edit.replace.get(node.path) ?? (await image.readFile(node, { maxBytes: maxIndexBytes, signal }))
    const changed = filter(bytes)
    if (changed === undefined) {
      if (!isListed(node.path)) edit.remove.add(node.path)
    } else if (changed !== bytes) edit.replace.set(node.path, changed)
  }
  await change('/etc/ld.so.cache', (bytes) => filterLinkerCache(bytes, isGone))
  await change('/etc/shells', (bytes) => filterShells(bytes, isGone))
  for (const { path } of tree.entries()) {
    if (!path.endsWith('/gconv/gconv-modules.cache')) continue
    const folder = path.slice(0, path.lastIndexOf('/'))
    await change(path, (bytes) => (namesGoneModule(bytes, folder, isGone) ? undefined : bytes))
  }
}

/** Leaves login shells that are gone out of `/etc/shells` (shells(5)); every other byte stays. */
export function filterShells(bytes: Uint8Array, isGone: (path: string) => boolean): Uint8Array {
  const text = Buffer.from(bytes).toString('latin1')
  const kept = text.split('\n').filter((line) => !line.startsWith('/') || !isGone(line.trim()))
  const changed = kept.join('\n')
  return changed === text ? bytes : Buffer.from(changed, 'latin1')
}

/** Whether a cache of converters names a module, in its folder or by a whole path, that is gone. */
export function namesGoneModule(
  bytes: Uint8Array,
  folder: string,
  isGone: (path: string) => boolean,
): boolean {
  const text = Buffer.from(bytes).toString('latin1')
  return text.split('\0').some((name) => {
    // Each module is a string of the table: with its ending, or without in older caches.
    if (!/^[\w./+-]{1,200}$/.test(name)) return false
    const path = name.startsWith('/') ? name : `${folder}/${name}`
    return isGone(name.endsWith('.so') ? path : `${path}.so`)
  })
}
