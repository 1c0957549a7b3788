import { parentPath } from '../layer/entry-path.ts'
import type { LayerEntry, LayerIndex } from '../layer/layer-entry.ts'
import type { ImageTree, TreeNode } from '../tree/image-tree.ts'
import type { ImageEdit, NewEntry } from './image-edit.ts'
import { LayerPlanner } from './plan-layer.ts'
import { planSquashed } from './plan-squashed.ts'
import { type RewriteStep, toDirectoryStep } from './rewrite-step.ts'
import { type Selection, selectPaths } from './select-paths.ts'

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

/** A plan, and what the result must have. */
export interface RewritePlan {
  /** For each layer of the source. */
  readonly layers: readonly LayerPlan[]
  /** The new layer on top; without steps there is none. */
  readonly top: readonly RewriteStep[]
  /** Whether `top` stands for all layers. */
  readonly squashed: boolean
  readonly selection: Selection
}

/**
 * Decides for each layer which entries it keeps: exactly those that can be seen in the merged view after the edit.
 * As no hidden entry stays, no whiteout is needed; one that hid something makes its layer be rewritten, one that
 * never hid anything goes only with its layer. A layer without a change is kept as it is.
 *
 * @param squash - whether one layer takes all that can be seen, when there would be several
 *
 * Throws what {@link selectPaths} throws.
 */
export function planRewrite(input: RewriteInput, edit: ImageEdit, squash = false): RewritePlan {
  const selection = selectPaths(input.tree, edit)
  const { paths, attributes } = selection
  const kept = keptEntries(input.layers.length, paths)
  const implicit = impliedNoMore(selection)
  const layers = input.layers.map((contents, layer): LayerPlan => {
    const planner = new LayerPlanner(selection, layer, contents)
    const own = kept[layer] ?? new Map<number, string>()
    const directories = implicit.filter((node) => node.layer === layer)
    const steps: RewriteStep[] = directories.map((node) => toDirectoryStep(node, attributes.of(node)))
    let changed = contents.hiddenBytes || directories.some((node) => attributes.of(node) !== undefined)
    for (const [position, entry] of contents.entries.entries()) {
      const path = own.get(position)
      if (path === undefined) {
        if (!isIdleWhiteout(entry, paths) || input.activeWhiteouts[layer]?.has(position) === true)
          changed = true
        continue
      }
      const step = planner.plan(path, entry, position)
      if (step.action !== 'copy') changed = true
      steps.push(step)
    }
    return changed ? { action: 'rewrite', steps } : { action: 'keep' }
  })
  const top = [...selection.added].map(([path, entry]) => toAddStep(path, entry, selection.added))
  const count = layers.filter((layer) => layer.action === 'keep' || layer.steps.length > 0).length
  if (!squash || count + (top.length > 0 ? 1 : 0) < 2) return { layers, top, squashed: false, selection }
  return {
    layers: layers.map(() => ({ action: 'rewrite', steps: [] })),
    top: [...planSquashed(input.layers, selection), ...top],
    squashed: true,
    selection,
  }
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

/** Directories without an entry of their own that need one: nothing stays in them that has one, or they change. */
function impliedNoMore({ paths, attributes }: Selection): TreeNode[] {
  const implied = new Set<string>(['/'])
  const found: TreeNode[] = []
  for (const node of [...paths.values()].toReversed()) {
    const implicit = node.type === 'directory' && node.lineage.length === 0
    if (implicit && (!implied.has(node.path) || attributes.of(node) !== undefined)) found.push(node)
    // Also a new entry implies its parents.
    implied.add(parentPath(node.path))
  }
  return found.toReversed()
}

function toAddStep(path: string, entry: NewEntry, added: ReadonlyMap<string, NewEntry>): RewriteStep {
  if (entry.type !== 'hardlink') return { action: 'add', path, entry }
  const target = added.get(entry.linkTo)
  if (target === undefined || target.type === 'hardlink') throw new TypeError(`no new file ${entry.linkTo}`)
  return { action: 'add', path, entry: target, linkTo: entry.linkTo }
}
