import type { FileNode, FileTree, Image, ImageEdit, NewEntry } from '@sallyport/image'
import { followLinks } from '../tree-view.ts'

/** What an edit changes. */
export type PlannedChanges = Pick<ImageEdit, 'remove' | 'replace' | 'add' | 'attributes' | 'config'>

/** An image as it will be after an edit: the same laws are checked on it as on one that is there. */
export function planImage(image: Image, edit: PlannedChanges): Image {
  const contentOf = async ({ path }: FileNode): Promise<Uint8Array | undefined> => {
    const entry = fileAt(edit, path)
    if (!entry) return edit.replace.get(path)
    return entry.content instanceof Uint8Array ? entry.content : await readAll(entry.content.open())
  }
  const original = (node: FileNode) => image.tree.get(node.path) ?? node
  return {
    raw: image.raw,
    manifest: image.manifest,
    config: edit.config ? edit.config(structuredClone(image.config)) : image.config,
    platform: image.platform,
    layers: image.layers,
    layoutDirectory: image.layoutDirectory,
    tree: planTree(image.tree, edit, image.layers.length),
    open: (blob, options) => image.open(blob, options),
    readFile: async (node, options) => (await contentOf(node)) ?? image.readFile(original(node), options),
    readRange: async (node, range, options) =>
      (await contentOf(node))?.subarray(range.offset, range.offset + range.length) ??
      image.readRange(original(node), range, options),
    async *openFile(node, options) {
      const content = await contentOf(node)
      if (content) yield content
      else yield* image.openFile(original(node), options)
    },
    // The files are the image's.
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

/** The file that an edit adds at a path, hard links followed. */
function fileAt({ add }: PlannedChanges, path: string): Extract<NewEntry, { type: 'file' }> | undefined {
  const entry = add?.get(path)
  const end = entry?.type === 'hardlink' ? add?.get(entry.linkTo) : entry
  return end?.type === 'file' ? end : undefined
}

async function readAll(content: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function planTree(tree: FileTree, edit: PlannedChanges, layer: number): FileTree {
  const { remove, replace, attributes } = edit
  const added = new Map<string, FileNode>()
  for (const path of edit.add?.keys() ?? []) {
    const node = toNode(edit, path, layer)
    if (node) added.set(path, node)
  }
  const planned = (node: FileNode): FileNode => {
    const [content, changes] = [replace.get(node.path), attributes?.get(node.path)]
    if (!content && !changes) return node
    return {
      ...node,
      size: content?.byteLength ?? node.size,
      mode: changes?.mode ?? node.mode,
      uid: changes?.uid ?? node.uid,
      gid: changes?.gid ?? node.gid,
      xattrs: changes?.xattrs ?? node.xattrs,
    }
  }
  const get = (path: string): FileNode | undefined => {
    const node = added.get(path)
    if (node) return node
    const was = remove.has(path) ? undefined : tree.get(path)
    return was && planned(was)
  }
  const children = (path: string) => [
    ...tree
      .children(path)
      .filter((child) => !remove.has(child.path) && !added.has(child.path))
      .map(planned),
    ...[...added.values()].filter((child) => child.path.slice(0, child.path.lastIndexOf('/')) === path),
  ]
  return {
    get size() {
      return [...this.entries()].length
    },
    get,
    resolve(path, { followLast = true } = {}) {
      if (added.size === 0) {
        // Only a name that is still there in the whole tree can be there in a part of it.
        const end = tree.resolve(path, { followLast })
        if (!end || remove.has(end.path)) return undefined
      }
      return followLinks(get, path, { followLast })
    },
    canonicalize: (path) => canonicalize(get, path),
    children,
    *entries() {
      for (const node of tree.entries())
        if (!remove.has(node.path) && !added.has(node.path)) yield planned(node)
      yield* added.values()
    },
  }
}

function toNode(edit: PlannedChanges, path: string, layer: number): FileNode | undefined {
  const entry = edit.add?.get(path)
  if (!entry) return undefined
  const base = { path, layer, xattrs: new Map<string, Uint8Array>(), size: 0, mode: 0o777 }
  if (entry.type === 'symlink') return { ...base, ...entry }
  if (entry.type === 'directory') return { ...base, ...entry, xattrs: entry.xattrs ?? base.xattrs }
  const file = fileAt(edit, path)
  if (!file) return undefined
  const { mode, uid, gid, mtime, content, xattrs = base.xattrs } = file
  const size = content instanceof Uint8Array ? content.byteLength : content.size
  const hardlinkTo = entry.type === 'hardlink' ? entry.linkTo : undefined
  return { ...base, type: 'file', mode, uid, gid, mtime, size, xattrs, hardlinkTo }
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
