import type { FileNode, FileTree } from '@sallyport/image'

/** The part of a tree that following names needs. */
export type TreeView = Pick<FileTree, 'get' | 'resolve'>

const maxLinks = 40

/** A tree as it would be without some paths. */
export function withoutPaths(tree: FileTree, removed: ReadonlySet<string>): TreeView {
  const get = (path: string): FileNode | undefined => (removed.has(path) ? undefined : tree.get(path))
  return {
    get,
    resolve(path, { followLast = true } = {}) {
      // Only a name that is still there in the whole tree can be there in a part of it.
      const end = tree.resolve(path, { followLast })
      if (!end || removed.has(end.path)) return undefined
      return followLinks(get, path, { followLast })
    },
  }
}

/** The symbolic links in the parents of a name: without them nothing is found under it. */
export function linksInParents(tree: TreeView, path: string): readonly FileNode[] {
  const passed: FileNode[] = []
  followLinks((at) => tree.get(at), path, { followLast: false, passed })
  return passed
}

/** Follows a name part by part, as the kernel does, in whatever `get` knows. */
export function followLinks(
  get: (path: string) => FileNode | undefined,
  path: string,
  { followLast = true, passed }: { readonly followLast?: boolean; readonly passed?: FileNode[] } = {},
): FileNode | undefined {
  const pending = path.split('/').filter(isPart).toReversed()
  let links = 0
  let node = get('/')
  let at = ''
  while (pending.length > 0) {
    const part = pending.pop()!
    if (part === '..') {
      at = at.slice(0, at.lastIndexOf('/'))
      node = get(at === '' ? '/' : at)
      continue
    }
    const next = get(`${at}/${part}`)
    if (!next) return undefined
    if (next.type === 'symlink' && (pending.length > 0 || followLast)) {
      if (++links > maxLinks) return undefined
      passed?.push(next)
      if (next.linkTarget!.startsWith('/')) at = ''
      for (const piece of next.linkTarget!.split('/').filter(isPart).toReversed()) pending.push(piece)
      node = get(at === '' ? '/' : at)
      continue
    }
    at = `${at}/${part}`
    node = next
  }
  return node
}

const isPart = (part: string) => part !== '' && part !== '.'
