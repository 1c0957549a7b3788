import { ImageError } from '../errors.ts'
import { joinPath, parentPath } from '../layer/entry-path.ts'
import type { FileNode, FileTree, FileType, ResolveOptions } from './file-tree.ts'
import type { EntryRef } from './inode.ts'
import { maxSymlinks, type SharedInode } from './layer-tree.ts'
import { isMergedDirectory, type MergedDirectory, type MergedLeaf } from './merge-layers.ts'

/** A node of {@link ImageTree}, with its way back to the layers. */
export interface TreeNode extends FileNode {
  /** The entry of the path itself; undefined for a directory that no layer mentions. */
  readonly entry: number | undefined
  /** Of a directory: all entries that describe it. */
  readonly lineage: readonly EntryRef[]
  /** Of anything else: the file behind the path. */
  readonly shared: SharedInode | undefined
}

/** Bytes of path text that a tree may hold, against layers whose few bytes expand to very many long paths. */
const maxPathText = 512 * 1024 * 1024

const noXattrs: ReadonlyMap<string, Uint8Array> = new Map()

/** The merged view as a table of canonical paths. */
export class ImageTree implements FileTree {
  readonly #nodes = new Map<string, TreeNode>()
  readonly #children = new Map<string, TreeNode[]>()
  readonly #maxPaths: number
  #sorted: readonly TreeNode[] | undefined
  #pathText = 0

  /**
   * @throws {ImageError} `LIMIT_EXCEEDED` when there are more than `maxPaths` paths.
   */
  constructor(root: MergedDirectory, maxPaths: number) {
    this.#maxPaths = maxPaths
    const links = new Map<SharedInode, { path: string; leaf: MergedLeaf }[]>()
    this.#addDirectory('/', root, links)
    for (const group of links.values()) this.#addFiles(group)
    for (const children of this.#children.values()) children.sort(byPath)
  }

  get size(): number {
    return this.#nodes.size
  }

  get(path: string): TreeNode | undefined {
    return this.#nodes.get(path)
  }

  /** The entry that brought the content of a regular file. */
  contentOf({ path }: FileNode): EntryRef | undefined {
    const inode = this.#nodes.get(path)?.shared?.inode
    return inode?.type === 'file' ? inode.origin : undefined
  }

  children(path: string): readonly TreeNode[] {
    return this.#children.get(path) ?? []
  }

  entries(): IterableIterator<TreeNode> {
    this.#sorted ??= [...this.#nodes.values()].sort(byPath)
    return this.#sorted.values()
  }

  resolve(path: string, { followLast = true }: ResolveOptions = {}): TreeNode | undefined {
    const exact = this.#nodes.get(path)
    if (exact !== undefined && (exact.type !== 'symlink' || !followLast)) return exact
    const found = this.#walk(path, followLast)
    return found === undefined ? undefined : this.#nodes.get(found)
  }

  canonicalize(path: string): string {
    return this.#isCanonical(path) ? path : (this.#walk(path, false) ?? normalize(path))
  }

  /** Whether a path leads through real directories as it is written; the last part may be missing. */
  #isCanonical(path: string): boolean {
    const name = path.slice(path.lastIndexOf('/') + 1)
    if (name === '' || name === '.' || name === '..' || !path.startsWith('/')) return false
    return this.#nodes.get(parentPath(path))?.type === 'directory'
  }

  /** Canonical path that `path` leads to, missing parts taken as they are; undefined for a loop of links. */
  #walk(path: string, followLast: boolean): string | undefined {
    const parts = path.split('/').filter(isPart).toReversed()
    let current = '/'
    let links = 0
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      if (part === '..') {
        current = current.slice(0, current.lastIndexOf('/')) || '/'
        continue
      }
      const next = joinPath(current, part)
      const node = this.#nodes.get(next)
      const follow = node?.type === 'symlink' && (followLast || parts.length > 0)
      if (!follow) {
        current = next
        continue
      }
      links += 1
      if (links > maxSymlinks) return undefined
      const target = node.linkTarget ?? ''
      if (target.startsWith('/')) current = '/'
      for (const piece of target.split('/').filter(isPart).toReversed()) parts.push(piece)
    }
    return current
  }

  #addDirectory(
    path: string,
    directory: MergedDirectory,
    links: Map<SharedInode, { path: string; leaf: MergedLeaf }[]>,
  ): void {
    const { inode, layer, lineage } = directory
    this.#add({
      path,
      type: 'directory',
      mode: inode?.mode ?? 0o755,
      uid: inode?.uid ?? 0,
      gid: inode?.gid ?? 0,
      mtime: inode?.mtime ?? 0,
      size: 0,
      linkTarget: undefined,
      hardlinkTo: undefined,
      xattrs: inode?.xattrs ?? noXattrs,
      layer,
      entry: inode?.origin.entry,
      lineage,
      shared: undefined,
    })
    const children: TreeNode[] = []
    this.#children.set(path, children)
    for (const [name, child] of directory.children) {
      const childPath = joinPath(path, name)
      if (isMergedDirectory(child)) {
        this.#addDirectory(childPath, child, links)
        const node = this.#nodes.get(childPath)
        if (node !== undefined) children.push(node)
      } else {
        const group = links.get(child.shared)
        if (group === undefined) links.set(child.shared, [{ path: childPath, leaf: child }])
        else group.push({ path: childPath, leaf: child })
      }
    }
  }

  /** Adds the paths that share one file; the first of them in the layer counts as the file, the others as links. */
  #addFiles(group: { path: string; leaf: MergedLeaf }[]): void {
    if (group.length > 1) group.sort((a, b) => a.leaf.entry - b.leaf.entry)
    const first = group[0]?.path ?? ''
    for (const { path, leaf } of group) {
      const { inode } = leaf.shared
      const type: FileType = inode.type
      const node: TreeNode = {
        path,
        type,
        mode: inode.mode,
        uid: inode.uid,
        gid: inode.gid,
        mtime: inode.mtime,
        size: inode.size,
        // Always there: nodes of one shape are made several times faster.
        linkTarget: type === 'symlink' ? inode.linkTarget : undefined,
        hardlinkTo: path === first ? undefined : first,
        xattrs: inode.xattrs,
        layer: leaf.layer,
        entry: leaf.entry,
        lineage: [],
        shared: leaf.shared,
      }
      this.#add(node)
      this.#children.get(path.slice(0, path.lastIndexOf('/')) || '/')?.push(node)
    }
  }

  #add(node: TreeNode): void {
    this.#pathText += node.path.length
    if (this.#nodes.size >= this.#maxPaths || this.#pathText > maxPathText) {
      throw new ImageError('LIMIT_EXCEEDED', `image has more than ${this.#maxPaths} paths, or too long ones`)
    }
    this.#nodes.set(node.path, node)
  }
}

function byPath(a: FileNode, b: FileNode): number {
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0
}

function isPart(part: string): boolean {
  return part !== '' && part !== '.'
}

function normalize(path: string): string {
  const parts: string[] = []
  for (const part of path.split('/').filter(isPart)) {
    if (part === '..') parts.pop()
    else parts.push(part)
  }
  return `/${parts.join('/')}`
}
