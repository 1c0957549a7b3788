import type { FileNode, Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import type { PlannedEdit } from '../apply/plan-edit.ts'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import { findLayerEntries } from './check-layers.ts'
import type { CheckedInvariant, Violation } from './invariant.ts'

/**
 * Checks the written image against the one before: what only the result can show.
 *
 * @param again - packages that would be removed if the result were hardened in the same way
 */
export async function checkResult(
  before: { readonly image: Image; readonly inventory: Inventory },
  after: { readonly image: Image; readonly inventory: Inventory },
  plan: HardenPlan,
  edit: PlannedEdit,
  again: readonly Package[] = [],
  signal?: AbortSignal,
): Promise<readonly CheckedInvariant[]> {
  return [
    { id: 'I7', violations: checkPaths(before.image, after.image, edit) },
    { id: 'I8', violations: checkMetadata(before.image, after.image) },
    { id: 'I9', violations: checkInventory(before.inventory, after.inventory, plan) },
    { id: 'I11', violations: await checkBytes(before.image, after.image, edit, signal) },
    {
      id: 'I12',
      violations: again.map(({ purl }) => ({ message: `${purl} could be removed from the result` })),
    },
    { id: 'I13', violations: checkConfig(before.image, after.image) },
  ]
}

/** I7: exactly the paths that were meant to leave are gone, none is new, and other content has its size. */
function checkPaths(
  { tree: before }: Image,
  { tree: after }: Image,
  { remove, replace }: PlannedEdit,
): readonly Violation[] {
  const violations: Violation[] = []
  for (const { path, size, type } of before.entries()) {
    const is = after.get(path)
    if (remove.has(path) !== (is === undefined)) {
      violations.push({ message: `${path} ${is ? 'is still there' : 'is gone'}` })
    } else if (is && (is.type !== type || is.size !== (replace.get(path)?.byteLength ?? size))) {
      violations.push({ message: `${path} is of another type or size` })
    }
  }
  for (const { path } of after.entries())
    if (!before.get(path)) violations.push({ message: `${path} is new` })
  return violations
}

/** I8: owner, mode, time, link target and extended attributes of every path that stays. */
function checkMetadata({ tree: before }: Image, { tree: after }: Image): readonly Violation[] {
  const violations: Violation[] = []
  for (const node of after.entries()) {
    const was = before.get(node.path)
    if (was && describe(was) !== describe(node))
      violations.push({ message: `${node.path} has other metadata` })
  }
  return violations
}

function describe({ mode, uid, gid, mtime, linkTarget, xattrs }: FileNode): string {
  const attributes = [...xattrs]
    .map(([name, value]) => `${name}=${Buffer.from(value).toString('hex')}`)
    .sort()
  return [mode, uid, gid, mtime, linkTarget ?? '', ...attributes].join(' ')
}

/** I9: the packages are those from before without the removed ones, of the same distribution, with no new gap. */
function checkInventory(before: Inventory, after: Inventory, { kept }: HardenPlan): readonly Violation[] {
  const violations: Violation[] = []
  const expected = countPackages(kept.map(({ package: found }) => found))
  const actual = countPackages(after.packages)
  for (const [name, count] of expected)
    if ((actual.get(name) ?? 0) < count) violations.push({ message: `${name} can't be seen any more` })
  for (const [name, count] of actual)
    if ((expected.get(name) ?? 0) < count) violations.push({ message: `${name} is still seen` })
  if (before.distro?.id !== after.distro?.id || before.distro?.versionId !== after.distro?.versionId) {
    violations.push({ message: 'the distribution is another' })
  }
  const known = new Set(before.gaps.map(({ code, message }) => `${code}: ${message}`))
  for (const { code, message } of after.gaps)
    if (!known.has(`${code}: ${message}`)) violations.push({ message: `${code}: ${message}` })
  return violations
}

function countPackages(packages: readonly Package[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const { purl, evidence } of packages) {
    const name = `${purl} ${evidence.path}`
    counts.set(name, (counts.get(name) ?? 0) + 1)
  }
  return counts
}

/** I11: no entry of a removed path is in any layer, and no layer that carried a changed file is there as it was. */
async function checkBytes(
  before: Image,
  after: Image,
  { remove, replace }: PlannedEdit,
  signal: AbortSignal | undefined,
): Promise<readonly Violation[]> {
  const remaining = new Set(after.layers.map(({ diffId }) => diffId))
  const violations: Violation[] = []
  for (const path of replace.keys()) {
    const node = before.tree.get(path)
    const layer = node && before.layers[node.layer]
    if (layer && remaining.has(layer.diffId))
      violations.push({ message: `the old bytes of ${path} are still in layer ${layer.index}` })
  }
  return [...violations, ...(await findLayerEntries(after, before.tree, remove, signal))]
}

/** I13: how the image is run has not changed. */
function checkConfig(before: Image, after: Image): readonly Violation[] {
  const violations: Violation[] = []
  const was = JSON.stringify([
    before.config.config,
    before.config.os,
    before.config.architecture,
    before.config.variant,
  ])
  const is = JSON.stringify([
    after.config.config,
    after.config.os,
    after.config.architecture,
    after.config.variant,
  ])
  if (was !== is) violations.push({ message: 'the configuration is another' })
  return violations
}
