import { ImageError } from '../errors.ts'
import { baseName, parentPath } from '../layer/entry-path.ts'
import type { LayerEntry, LayerIndex } from '../layer/layer-entry.ts'
import { changesMetadata, type Inode, toInode, withLinkMetadata } from './inode.ts'

/** A file shared by the paths of a layer; the inode is replaced when a later link changes its metadata. */
export interface SharedInode {
  inode: Inode
  /** Whether some link's header differs from the file's. */
  mixed: boolean
  /** How many entries of the layer are this file. */
  members: number
  /** The file of a lower layer that this one is a copy of, through a hard link across layers. */
  copyOf?: { readonly path: string; readonly shared: SharedInode } | undefined
}

/** A path of a layer that is no directory. */
export interface LayerLeaf {
  readonly shared: SharedInode
  readonly entry: number
}

/** A directory of a layer, before it meets the layers below. */
export interface LayerDirectory {
  readonly children: Map<string, LayerDirectory | LayerLeaf>
  /** Names hidden in lower layers, with the entry that says so. */
  readonly whiteouts: Map<string, number>
  /** The entry that hides everything of lower layers, when there is one. */
  opaque: number | undefined
  /** Undefined for a parent that the layer does not mention. */
  inode: Inode | undefined
  /** Entries that set its metadata, the last one decides. */
  readonly entries: number[]
}

/** Tells a directory from a leaf. */
export function isLayerDirectory(node: LayerDirectory | LayerLeaf): node is LayerDirectory {
  return 'children' in node
}

/** Symbolic links that one path may go through, as in Linux. */
export const maxSymlinks = 40

/** Bounds the work on one layer: names that lead through long chains of links are quadratic otherwise. */
const maxSteps = 100_000_000

/** Links of a layer can lead deeper than any written path. */
const maxTreeDepth = 1024

/** Options of {@link buildLayerTree}. */
export interface BuildLayerTreeOptions {
  /** Finds a file below this layer, for hard links across layers. */
  readonly lower: (path: string) => SharedInode | undefined
  /** Most nodes of the tree. */
  readonly maxPaths: number
}

/**
 * Applies the entries of a layer, in order, to an empty folder, as container runtimes do above an overlay: a later
 * entry replaces an earlier one of the same path, parents that are symbolic links *of this layer* are followed, and
 * those of lower layers are not seen, so that a directory takes their place. Whiteouts are only noted: they act on
 * lower layers, wherever they stand.
 *
 * @throws {ImageError} `PATH_INVALID` for an entry below a file, or through a loop of links.
 * @throws {ImageError} `TAR_INVALID` for a hard link without a target, or to a directory.
 * @throws {ImageError} `LIMIT_EXCEEDED` when there are too many paths.
 */
export function buildLayerTree(
  { entries }: LayerIndex,
  layer: number,
  { lower, maxPaths }: BuildLayerTreeOptions,
): LayerDirectory {
  const root = newDirectory()
  const walker = new ParentWalker(root, maxPaths)
  for (const [position, entry] of entries.entries()) {
    if (entry.kind === 'ignored') continue
    if (entry.path === '/') {
      if (entry.kind === 'opaque') root.opaque = position
      else setDirectory(root, entry, layer, position)
      continue
    }
    if (entry.kind === 'opaque') {
      walker.directory(entry.path).opaque = position
      continue
    }
    const parent = walker.directory(parentPath(entry.path))
    const name = baseName(entry.path)
    switch (entry.kind) {
      case 'whiteout':
        parent.whiteouts.set(name, position)
        break
      case 'directory': {
        const existing = parent.children.get(name)
        const directory = existing !== undefined && isLayerDirectory(existing) ? existing : newDirectory()
        setDirectory(directory, entry, layer, position)
        if (directory !== existing) walker.put(parent, name, directory)
        break
      }
      case 'hardlink': {
        const shared = linkedFile(entry, walker, lower)
        walker.put(parent, name, { shared, entry: position })
        break
      }
      default:
        walker.put(parent, name, {
          shared: { inode: toInode(entry, entry.kind, { layer, entry: position }), mixed: false, members: 1 },
          entry: position,
        })
    }
  }
  return root
}

function newDirectory(): LayerDirectory {
  return { children: new Map(), whiteouts: new Map(), opaque: undefined, inode: undefined, entries: [] }
}

function setDirectory(directory: LayerDirectory, entry: LayerEntry, layer: number, position: number): void {
  directory.inode = toInode(entry, 'directory', { layer, entry: position })
  directory.entries.push(position)
}

function linkedFile(
  link: LayerEntry,
  walker: ParentWalker,
  lower: (path: string) => SharedInode | undefined,
): SharedInode {
  const path = link.linkTarget
  const target = walker.find(path)
  if (target !== undefined && !isLayerDirectory(target)) {
    target.shared.members += 1
    if (changesMetadata(target.shared.inode, link)) {
      target.shared.mixed = true
      target.shared.inode = withLinkMetadata(target.shared.inode, link)
    }
    return target.shared
  }
  const below = target === undefined ? lower(path) : undefined
  if (below === undefined) {
    const what = target === undefined ? 'has no target' : 'leads to a directory'
    throw new ImageError(
      'TAR_INVALID',
      `hard link ${JSON.stringify(link.path)} ${what}: ${JSON.stringify(path)}`,
      {
        offset: link.offset,
        path: link.path,
      },
    )
  }
  return {
    inode: withLinkMetadata(below.inode, link),
    mixed: false,
    members: 1,
    copyOf: { path, shared: below },
  }
}

/** Walks to directories of one layer, following links of the layer inside its root. */
class ParentWalker {
  readonly #root: LayerDirectory
  readonly #maxPaths: number
  /** Where paths lead that were walked before: most entries have the parent of the one before. */
  readonly #known = new Map<string, LayerDirectory>()
  #created = 0
  #steps = 0

  constructor(root: LayerDirectory, maxPaths: number) {
    this.#root = root
    this.#maxPaths = maxPaths
  }

  /** The directory at `path`, made when it is missing. */
  directory(path: string): LayerDirectory {
    const known = this.#known.get(path)
    if (known !== undefined) return known
    const found = this.#walk(path, true)
    if (found === undefined)
      throw new ImageError('PATH_INVALID', `no directory ${JSON.stringify(path)}`, { path })
    this.#known.set(path, found)
    return found
  }

  /** Puts a node into a directory, in place of what is there. */
  put(directory: LayerDirectory, name: string, node: LayerDirectory | LayerLeaf): void {
    // A known path may lead through what is replaced.
    if (directory.children.has(name)) this.#known.clear()
    directory.children.set(name, node)
  }

  /** The node at `path`; a link in the last position is not followed. */
  find(path: string): LayerDirectory | LayerLeaf | undefined {
    return path === '/' ? this.#root : this.#walk(parentPath(path), false)?.children.get(baseName(path))
  }

  #walk(path: string, create: boolean): LayerDirectory | undefined {
    const stack: LayerDirectory[] = [this.#root]
    const parts = path.split('/').toReversed()
    let links = 0
    for (let part = parts.pop(); part !== undefined; part = parts.pop()) {
      this.#steps += 1
      if (this.#steps > maxSteps)
        throw new ImageError('LIMIT_EXCEEDED', "the layer's names take too long to resolve")
      if (part === '' || part === '.') continue
      if (part === '..') {
        if (stack.length > 1) stack.pop()
        continue
      }
      if (stack.length > maxTreeDepth) throw badParent(path, `is more than ${maxTreeDepth} directories deep`)
      const directory = stack.at(-1) ?? this.#root
      const child = directory.children.get(part)
      if (child === undefined) {
        if (!create) return undefined
        stack.push(this.#create(directory, part))
      } else if (isLayerDirectory(child)) {
        stack.push(child)
      } else if (child.shared.inode.type === 'symlink') {
        links += 1
        if (links > maxSymlinks) throw badParent(path, 'leads through a loop of symbolic links')
        const target = child.shared.inode.linkTarget
        if (target.startsWith('/')) stack.length = 1
        for (const piece of target.split('/').toReversed()) parts.push(piece)
      } else if (create) {
        throw badParent(path, 'goes through something that is no directory')
      } else {
        return undefined
      }
    }
    return stack.at(-1)
  }

  #create(directory: LayerDirectory, name: string): LayerDirectory {
    this.#created += 1
    if (this.#created > this.#maxPaths)
      throw new ImageError('LIMIT_EXCEEDED', `layer has more than ${this.#maxPaths} paths`)
    const created = newDirectory()
    directory.children.set(name, created)
    return created
  }
}

function badParent(path: string, what: string): ImageError {
  return new ImageError('PATH_INVALID', `layer path ${JSON.stringify(path.slice(0, 200))} ${what}`, { path })
}
