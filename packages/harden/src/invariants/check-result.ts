import type { FileNode, Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { PlannedEdit } from '../apply/plan-edit.ts'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import type { CheckedInvariant, Violation } from './invariant.ts'

/** Checks the written image against the one before: what only the result can show. */
export function checkResult(
  before: { readonly image: Image; readonly inventory: Inventory },
  after: { readonly image: Image; readonly inventory: Inventory },
  plan: HardenPlan,
  edit: PlannedEdit,
): readonly CheckedInvariant[] {
  return [
    { id: 'I7', violations: checkPaths(before.image, after.image, edit) },
    { id: 'I8', violations: checkMetadata(before.image, after.image) },
    { id: 'I9', violations: checkInventory(before.inventory, after.inventory, plan) },
    { id: 'I11', violations: checkBytes(before.image, after.image, edit) },
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
  const expected = kept.map(({ package: found }) => `${found.purl} ${found.evidence.path}`).sort()
  const actual = after.packages.map(({ purl, evidence }) => `${purl} ${evidence.path}`).sort()
  for (const purl of expected)
    if (!actual.includes(purl)) violations.push({ message: `${purl} can't be seen any more` })
  for (const purl of actual)
    if (!expected.includes(purl)) violations.push({ message: `${purl} is still seen` })
  if (before.distro?.id !== after.distro?.id || before.distro?.versionId !== after.distro?.versionId) {
    violations.push({ message: 'the distribution is another' })
  }
  const known = new Set(before.gaps.map(({ code }) => code))
  for (const { code, message } of after.gaps)
    if (!known.has(code)) violations.push({ message: `${code}: ${message}` })
  return violations
}

/** I11: layers are smaller by what left. Both sides are compressed, so only the direction can be told. */
function checkBytes(before: Image, after: Image, { remove }: PlannedEdit): readonly Violation[] {
  const sum = ({ layers }: Image) => layers.reduce((total, { descriptor }) => total + descriptor.size, 0)
  const removesContent = [...remove].some((path) => (before.tree.get(path)?.size ?? 0) > 0)
  return removesContent && sum(after) >= sum(before)
    ? [{ message: `${sum(after)} bytes, before ${sum(before)}` }]
    : []
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
