import type { LayerEntry, LayerIndex } from '../layer/layer-entry.ts'
import { toInode } from '../tree/inode.ts'
import type { SharedInode } from '../tree/layer-tree.ts'
import type { RewriteStep } from './rewrite-step.ts'
import { withAttributes } from './resolve-attributes.ts'
import type { Selection } from './select-paths.ts'

/** Plans the entries of one layer in their order. */
export class LayerPlanner {
  readonly #selection: Selection
  readonly #layer: number
  /** Whether headers may hold bytes that must not be copied. */
  readonly #remakeHeaders: boolean
  /** Files that the layer holds so far, with their paths in order. */
  readonly #written = new Map<SharedInode, Set<string>>()
  readonly #incomplete = new Map<SharedInode, boolean>()

  constructor(selection: Selection, layer: number, contents: LayerIndex) {
    this.#selection = selection
    this.#layer = layer
    this.#remakeHeaders = contents.hiddenBytes
    const members = new Map<SharedInode, number>()
    for (const [path, { shared }] of selection.paths) {
      if (shared?.mixed === true && !selection.replace.has(path))
        members.set(shared, (members.get(shared) ?? 0) + 1)
    }
    for (const [shared, count] of members) this.#incomplete.set(shared, count < shared.members)
  }

  plan(path: string, entry: LayerEntry, position: number): RewriteStep {
    const layer = this.#layer
    const { paths, replace, attributes } = this.#selection
    const node = paths.get(path)
    const changes = node === undefined ? undefined : attributes.of(node)
    const shared = node?.shared
    if (shared === undefined) {
      const last = node?.lineage.at(-1)
      const decides = last?.layer === layer && last.entry === position
      const changed = decides ? changes : undefined
      if (changed === undefined && entry.path === path && !this.#remakeHeaders)
        return { action: 'copy', layer, entry }
      const inode = toInode(entry, 'directory', { layer, entry: position })
      return { action: 'write', path, inode: withAttributes(inode, changed) }
    }
    const inode = withAttributes(shared.inode, changes)
    const content = replace.get(path)
    // Like a file that is written anew under its name: other links keep the old content.
    if (content !== undefined) return { action: 'write', path, inode, content }
    const written = this.#written.get(shared) ?? new Set<string>()
    this.#written.set(shared, written)
    const linkTo = this.#linkTarget(entry, shared, written)
    written.add(path)
    const verbatim =
      changes === undefined &&
      entry.path === path &&
      !this.#remakeHeaders &&
      (entry.kind !== 'hardlink' || linkTo === entry.linkTarget) &&
      // One header of the group leaves, and it may be the one that had the last word on the metadata.
      this.#incomplete.get(shared) !== true
    return verbatim ? { action: 'copy', layer, entry } : { action: 'write', path, inode, linkTo }
  }

  /** The path to link to; undefined when this entry must hold the content itself. */
  #linkTarget(entry: LayerEntry, shared: SharedInode, written: ReadonlySet<string>): string | undefined {
    if (entry.kind !== 'hardlink') return undefined
    if (written.has(entry.linkTarget)) return entry.linkTarget
    const [first] = written
    if (first !== undefined) return first
    const below = shared.copyOf
    const { paths, replace, attributes } = this.#selection
    if (below === undefined || replace.has(below.path)) return undefined
    // A link adds its attributes to those of the file below, which must then be the ones that it was made for.
    if (attributes.changesFile(below.shared) || attributes.changesFile(shared)) return undefined
    return paths.get(below.path)?.shared === below.shared ? below.path : undefined
  }
}
