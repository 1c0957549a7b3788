import { ImageError } from '../errors.ts'
import type { LayerIndex } from '../layer/layer-entry.ts'
import type { EntryRef, Inode } from './inode.ts'
import {
  buildLayerTree,
  isLayerDirectory,
  type LayerDirectory,
  type LayerLeaf,
  type SharedInode,
} from './layer-tree.ts'

/** A path of the merged view that is no directory. */
export interface MergedLeaf extends EntryRef {
  readonly shared: SharedInode
}

/** A directory of the merged view. */
export interface MergedDirectory {
  readonly children: Map<string, MergedDirectory | MergedLeaf>
  /** Undefined for a directory that no layer mentions, only something in it. */
  inode: Inode | undefined
  /** The layer that decides on its metadata, or that made it. */
  layer: number
  /** All entries that describe this directory, through all layers since it last came into being. */
  readonly lineage: EntryRef[]
}

/** All layers laid over each other. */
export interface MergedLayers {
  readonly root: MergedDirectory
  /** For each layer, its whiteouts and opaque markers that hid something, by position of the entry. */
  readonly activeWhiteouts: readonly ReadonlySet<number>[]
}

/** Tells a directory from a leaf. */
export function isMergedDirectory(node: MergedDirectory | MergedLeaf): node is MergedDirectory {
  return 'children' in node
}

/**
 * Lays layers over each other, the base first (OCI image specification, layer.md, "Applying Changesets").
 * What replaces a directory by something else takes its whole subtree away; a directory over a directory adds to it.
 *
 * Throws what {@link buildLayerTree} throws.
 *
 * @throws {ImageError} `TAR_INVALID` for what is hidden in a folder and not in an overlay: all lower layers by a marker in the
 * root, which the kernel does not look at there, and a directory whose whiteout its own layer replaces by a directory.
 */
export function mergeLayers(layers: readonly LayerIndex[], maxPaths: number): MergedLayers {
  const root: MergedDirectory = { children: new Map(), inode: undefined, layer: 0, lineage: [] }
  const activeWhiteouts = layers.map((index, layer) => {
    const tree = buildLayerTree(index, layer, { lower: (path) => findFile(root, path), maxPaths })
    const active = new Set<number>()
    if (tree.opaque !== undefined && root.children.size > 0)
      throw disputed(layer, 'an opaque marker in the root')
    mergeDirectory(root, tree, layer, active)
    return active
  })
  return { root, activeWhiteouts }
}

function mergeDirectory(
  target: MergedDirectory,
  upper: LayerDirectory,
  layer: number,
  active: Set<number>,
): void {
  if (upper.inode !== undefined) {
    target.inode = upper.inode
    target.layer = layer
  }
  for (const entry of upper.entries) target.lineage.push({ layer, entry })
  if (upper.opaque !== undefined && target.children.size > 0) {
    target.children.clear()
    active.add(upper.opaque)
  }
  for (const [name, entry] of upper.whiteouts) {
    const [lower, own] = [target.children.get(name), upper.children.get(name)]
    if (lower && isMergedDirectory(lower) && lower.children.size > 0) {
      if (own && isLayerDirectory(own) && own.opaque === undefined)
        throw disputed(
          layer,
          `a whiteout of ${JSON.stringify(name.slice(0, 200))} beside a directory of that name`,
        )
    }
    if (target.children.delete(name)) active.add(entry)
  }
  for (const [name, child] of upper.children) mergeChild(target, name, child, layer, active)
}

function disputed(layer: number, what: string): ImageError {
  return new ImageError(
    'TAR_INVALID',
    `layer ${layer} has ${what}: runtimes differ in whether lower layers show through; mark the directory as opaque`,
  )
}

function mergeChild(
  target: MergedDirectory,
  name: string,
  child: LayerDirectory | LayerLeaf,
  layer: number,
  active: Set<number>,
): void {
  if (!isLayerDirectory(child)) {
    target.children.set(name, { shared: child.shared, layer, entry: child.entry })
    return
  }
  const existing = target.children.get(name)
  if (existing !== undefined && isMergedDirectory(existing)) {
    mergeDirectory(existing, child, layer, active)
    return
  }
  const created: MergedDirectory = { children: new Map(), inode: undefined, layer, lineage: [] }
  target.children.set(name, created)
  mergeDirectory(created, child, layer, active)
}

function findFile(root: MergedDirectory, path: string): SharedInode | undefined {
  let node: MergedDirectory | MergedLeaf | undefined = root
  for (const part of path.split('/')) {
    if (part === '') continue
    if (node === undefined || !isMergedDirectory(node)) return undefined
    node = node.children.get(part)
  }
  return node === undefined || isMergedDirectory(node) ? undefined : node.shared
}
