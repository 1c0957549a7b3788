import type { LayerIndex } from '../layer/layer-entry.ts'
import type { TreeNode } from '../tree/image-tree.ts'
import { toInode } from '../tree/inode.ts'
import type { SharedInode } from '../tree/layer-tree.ts'
import { type RewriteStep, toDirectoryStep } from './rewrite-step.ts'
import { withAttributes } from './resolve-attributes.ts'
import type { Selection } from './select-paths.ts'

/** All paths that stay as the entries of one layer, sorted; of hard links the first path holds the content. */
export function planSquashed(layers: readonly LayerIndex[], selection: Selection): RewriteStep[] {
  const firsts = new Map<SharedInode, string>()
  const steps: RewriteStep[] = []
  for (const [path, node] of selection.paths) {
    const { shared } = node
    if (shared === undefined) {
      const step = planDirectory(layers, node, selection)
      if (step !== undefined) steps.push(step)
      continue
    }
    const changes = selection.attributes.of(node)
    const content = selection.replace.get(path)
    const linkTo = content === undefined ? firsts.get(shared) : undefined
    if (content === undefined && linkTo === undefined) firsts.set(shared, path)
    const { origin } = shared.inode
    const source = layers[origin.layer]
    const entry = source?.entries[origin.entry]
    const alone = shared.members === 1 && shared.copyOf === undefined
    if (
      alone &&
      content === undefined &&
      changes === undefined &&
      entry?.path === path &&
      !source?.hiddenBytes
    )
      steps.push({ action: 'copy', layer: origin.layer, entry })
    else steps.push({ action: 'write', path, inode: withAttributes(shared.inode, changes), content, linkTo })
  }
  return steps
}

function planDirectory(
  layers: readonly LayerIndex[],
  node: TreeNode,
  { attributes }: Selection,
): RewriteStep | undefined {
  const { path } = node
  const changes = attributes.of(node)
  const last = node.lineage.at(-1)
  const source = last === undefined ? undefined : layers[last.layer]
  const entry = last === undefined ? undefined : source?.entries[last.entry]
  if (last === undefined || entry === undefined)
    return path === '/' && changes === undefined ? undefined : toDirectoryStep(node, changes)
  if (changes === undefined && entry.path === path && !source?.hiddenBytes)
    return { action: 'copy', layer: last.layer, entry }
  return { action: 'write', path, inode: withAttributes(toInode(entry, 'directory', last), changes) }
}
