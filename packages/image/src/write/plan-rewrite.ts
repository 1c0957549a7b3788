import { parentPath } from '../layer/entry-path.ts'
import type { LayerEntry, LayerIndex } from '../layer/layer-entry.ts'
import type { ImageTree, TreeNode } from '../tree/image-tree.ts'
import { type EntryRef, type Inode, toInode } from '../tree/inode.ts'
import type { SharedInode } from '../tree/layer-tree.ts'
import type { ImageEdit } from './image-edit.ts'
import { selectPaths } from './select-paths.ts'

/** One entry of a rewritten layer. */
export type RewriteStep =
  /** The entry as it stands in the source's tar, headers and content. */
  | { readonly action: 'copy'; readonly entry: LayerEntry }
  /** A new header made from that of `inode.origin`, and content. */
  | {
      readonly action: 'write'
      readonly path: string
      readonly inode: Inode
      /** New content, instead of the inode's. */
      readonly content?: Uint8Array | undefined
      /** When set, the entry is a hard link to this path. */
      readonly linkTo?: string | undefined
    }
  /** A directory that until now only existed because something was in it. */
  | { readonly action: 'directory'; readonly path: string }

/** What becomes of a layer; without steps it is dropped. */
type LayerPlan =
  | { readonly action: 'keep' }
  | { readonly action: 'rewrite'; readonly steps: readonly RewriteStep[] }

/** What {@link planRewrite} works on. */
export interface RewriteInput {
  readonly layers: readonly LayerIndex[]
  readonly tree: ImageTree
  readonly activeWhiteouts: readonly ReadonlySet<number>[]
}

/** A plan, and the paths that the result must have. */
export interface RewritePlan {
  readonly layers: readonly LayerPlan[]
  readonly paths: ReadonlyMap<string, TreeNode>
}

/**
 * Decides for each layer which entries it keeps: exactly those that can be seen in the merged view after the edit.
 * As no hidden entry stays, no whiteout is needed; one that hid something makes its layer be rewritten, one that
 * never hid anything goes only with its layer. A layer without a change is kept as it is.
 *
 * Throws what {@link selectPaths} throws.
 */
export function planRewrite(input: RewriteInput, edit: ImageEdit): RewritePlan {
  const paths = selectPaths(input.tree, edit)
  const kept = keptEntries(input.layers.length, paths)
  const implicit = impliedNoMore(paths)
  const layers = input.layers.map((contents, layer): LayerPlan => {
    const planner = new LayerPlanner(paths, edit, contents)
    const own = kept[layer] ?? new Map<number, string>()
    const steps: RewriteStep[] = []
    let changed = contents.hiddenBytes
    for (const [position, entry] of contents.entries.entries()) {
      const path = own.get(position)
      if (path === undefined) {
        if (!isIdleWhiteout(entry, paths) || input.activeWhiteouts[layer]?.has(position) === true)
          changed = true
        continue
      }
      const step = planner.plan(path, entry, { layer, entry: position })
      if (step.action !== 'copy') changed = true
      steps.push(step)
    }
    if (!changed) return { action: 'keep' }
    const directories = implicit.filter((node) => node.layer === layer)
    return { action: 'rewrite', steps: [...directories.map(toDirectoryStep), ...steps] }
  })
  return { layers, paths }
}

/**
 * Whether this is a whiteout or marker whose directory stays anyway; in one that goes it would make that directory
 * come back.
 */
function isIdleWhiteout({ kind, path }: LayerEntry, paths: ReadonlyMap<string, TreeNode>): boolean {
  if (kind !== 'whiteout' && kind !== 'opaque') return false
  return paths.get(kind === 'opaque' ? path : parentPath(path))?.type === 'directory'
}

/** For each layer the entries that stay, with the path at which they are seen. */
function keptEntries(count: number, paths: ReadonlyMap<string, TreeNode>): Map<number, string>[] {
  const kept = Array.from({ length: count }, () => new Map<number, string>())
  for (const [path, node] of paths) {
    if (node.shared !== undefined && node.entry !== undefined) kept[node.layer]?.set(node.entry, path)
    for (const { layer, entry } of node.lineage) kept[layer]?.set(entry, path)
  }
  return kept
}

/** Directories without an entry of their own, in which nothing stays that has one; parents first. */
function impliedNoMore(paths: ReadonlyMap<string, TreeNode>): TreeNode[] {
  const implied = new Set<string>(['/'])
  const found: TreeNode[] = []
  for (const node of [...paths.values()].toReversed()) {
    const implicit = node.type === 'directory' && node.lineage.length === 0
    if (!implicit || implied.has(node.path)) {
      implied.add(parentPath(node.path))
    } else {
      found.push(node)
      // The new entry implies its parents.
      implied.add(parentPath(node.path))
    }
  }
  return found.toReversed()
}

function toDirectoryStep({ path }: TreeNode): RewriteStep {
  return { action: 'directory', path }
}

/** Plans the entries of one layer in their order. */
class LayerPlanner {
  readonly #paths: ReadonlyMap<string, TreeNode>
  readonly #edit: ImageEdit
  /** Whether headers may hold bytes that must not be copied. */
  readonly #remakeHeaders: boolean
  /** Files that the layer holds so far, with their paths in order. */
  readonly #written = new Map<SharedInode, Set<string>>()
  readonly #incomplete = new Map<SharedInode, boolean>()

  constructor(paths: ReadonlyMap<string, TreeNode>, edit: ImageEdit, contents: LayerIndex) {
    this.#paths = paths
    this.#edit = edit
    this.#remakeHeaders = contents.hiddenBytes
    const members = new Map<SharedInode, number>()
    for (const [path, { shared }] of paths) {
      if (shared?.mixed === true && !edit.replace.has(path))
        members.set(shared, (members.get(shared) ?? 0) + 1)
    }
    for (const [shared, count] of members) this.#incomplete.set(shared, count < shared.members)
  }

  plan(path: string, entry: LayerEntry, reference: EntryRef): RewriteStep {
    const shared = this.#paths.get(path)?.shared
    if (shared === undefined) {
      if (entry.path === path && !this.#remakeHeaders) return { action: 'copy', entry }
      return { action: 'write', path, inode: toInode(entry, 'directory', reference) }
    }
    const content = this.#edit.replace.get(path)
    // Like a file that is written anew under its name: other links keep the old content.
    if (content !== undefined) return { action: 'write', path, inode: shared.inode, content }
    const written = this.#written.get(shared) ?? new Set<string>()
    this.#written.set(shared, written)
    const linkTo = this.#linkTarget(entry, shared, written)
    written.add(path)
    const verbatim =
      entry.path === path &&
      !this.#remakeHeaders &&
      (entry.kind !== 'hardlink' || linkTo === entry.linkTarget) &&
      // One header of the group leaves, and it may be the one that had the last word on the metadata.
      this.#incomplete.get(shared) !== true
    return verbatim ? { action: 'copy', entry } : { action: 'write', path, inode: shared.inode, linkTo }
  }

  /** The path to link to; undefined when this entry must hold the content itself. */
  #linkTarget(entry: LayerEntry, shared: SharedInode, written: ReadonlySet<string>): string | undefined {
    if (entry.kind !== 'hardlink') return undefined
    if (written.has(entry.linkTarget)) return entry.linkTarget
    const [first] = written
    if (first !== undefined) return first
    const below = shared.copyOf
    if (below === undefined || this.#edit.replace.has(below.path)) return undefined
    return this.#paths.get(below.path)?.shared === below.shared ? below.path : undefined
  }
}
