import type { FileNode, FileTree, Image } from '@sallyport/image'
import type { PlannedEdit } from '../apply/plan-edit.ts'
import { followLinks } from '../tree-view.ts'

/** An image as it will be after an edit: the same laws are checked on it as on one that is there. */
export function planImage(image: Image, edit: Pick<PlannedEdit, 'remove' | 'replace'>): Image {
  const contentOf = ({ path }: FileNode) => edit.replace.get(path)
  return {
    raw: image.raw,
    manifest: image.manifest,
    config: image.config,
    platform: image.platform,
    layers: image.layers,
    layoutDirectory: image.layoutDirectory,
    tree: planTree(image.tree, edit),
    open: (blob, options) => image.open(blob, options),
    readFile: async (node, options) => contentOf(node) ?? image.readFile(original(node), options),
    readRange: async (node, range, options) =>
      contentOf(node)?.subarray(range.offset, range.offset + range.length) ??
      image.readRange(original(node), range, options),
    async *openFile(node, options) {
      const content = contentOf(node)
      if (content) yield content
      else yield* image.openFile(original(node), options)
    },
    // The files are the image's.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }

  function original(node: FileNode): FileNode {
    return image.tree.get(node.path) ?? node
  }
}

function planTree(tree: FileTree, { remove, replace }: Pick<PlannedEdit, 'remove' | 'replace'>): FileTree {
  const planned = (node: FileNode): FileNode => {
    const content = replace.get(node.path)
    return content ? { ...node, size: content.byteLength } : node
  }
  const get = (path: string): FileNode | undefined => {
    const node = remove.has(path) ? undefined : tree.get(path)
    return node && planned(node)
  }
  return {
    get size() {
      return tree.size - remove.size
    },
    get,
    resolve(path, { followLast = true } = {}) {
      const end = tree.resolve(path, { followLast })
      return !end || remove.has(end.path) ? undefined : followLinks(get, path, { followLast })
    },
    canonicalize: (path) => canonicalize(get, path),
    children: (path) =>
      tree
        .children(path)
        .filter((child) => !remove.has(child.path))
        .map(planned),
    *entries() {
      for (const node of tree.entries()) if (!remove.has(node.path)) yield planned(node)
    },
  }
}

const maxLinks = 40

/** Follows the links in the parents of a name; parts that are missing are taken as they are written. */
function canonicalize(get: (path: string) => FileNode | undefined, path: string): string {
  const parts = path.split('/').filter(isPart).toReversed()
  let at = ''
  let links = 0
  for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
    if (part === '..') {
      at = at.slice(0, at.lastIndexOf('/'))
      continue
    }
    const target = parts.length > 0 ? get(`${at}/${part}`)?.linkTarget : undefined
    if (target === undefined || ++links > maxLinks) {
      at = `${at}/${part}`
      continue
    }
    if (target.startsWith('/')) at = ''
    for (const piece of target.split('/').filter(isPart).toReversed()) parts.push(piece)
  }
  return at === '' ? '/' : at
}

const isPart = (part: string) => part !== '' && part !== '.'
