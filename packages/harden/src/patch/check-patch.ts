import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import { checkComparison } from '../invariants/check-comparison.ts'
import { findLayerEntries } from '../invariants/check-layers.ts'
import { compareConfiguration } from '../invariants/compare-configuration.ts'
import { compareFiles, findResized } from '../invariants/compare-files.ts'
import { compareInventories } from '../invariants/compare-inventories.ts'
import { compareMetadata } from '../invariants/compare-metadata.ts'
import { compareImages } from '../invariants/comparison.ts'
import type { CheckedInvariant, Violation } from '../invariants/invariant.ts'
import { openSystems } from '../systems/open-systems.ts'
import { createFileContents } from '../usage/file-contents.ts'
import type { PackageEdit } from './package-edit.ts'
import { parentOf } from './place-entries.ts'

/** An image with the packages that were read from it. */
export interface InventoriedImage {
  readonly image: Image
  readonly inventory: Inventory
}

/** What {@link checkPatch} goes by. */
export interface CheckPatchOptions {
  /** What the patched packages are expected to be now. */
  readonly versions: ReadonlyMap<Package, string>
  readonly edit: PackageEdit
  /** Paths that patched packages list and the image does not take. */
  readonly leftOut: ReadonlySet<string>
  readonly signal?: AbortSignal | undefined
}

/** Checks a patched image against the one before, by the laws of hardening, for an image that gains files. */
export async function checkPatch(
  before: InventoriedImage,
  after: InventoriedImage,
  { versions, edit, leftOut, signal }: CheckPatchOptions,
): Promise<readonly CheckedInvariant[]> {
  const added = new Set(edit.add.keys())
  const changed = new Set([...edit.replace.keys(), ...added].filter((path) => before.image.tree.get(path)))
  const removed = new Set([...edit.remove].filter((path) => !added.has(path)))
  const comparison = await compareImages(await openSide(before, signal), await openSide(after, signal), {
    // Nothing was analysed: each program counts as used.
    analysis: {
      contents: createFileContents(before.image, new Set(), signal),
      unresolved: 'nothing was analysed',
    },
    changed,
    signal,
  })
  const laws = await checkComparison(comparison, signal)
  // With them the folders that only they would have needed.
  const missing = new Set([...leftOut].flatMap((path) => [path, ...foldersOf(path)]))
  const isMeant = (id: string, { at = '' }: Violation) =>
    (id === 'I6' && missing.has(at)) || (id === 'I1' && !before.image.tree.get(at) && documentation.test(at))
  const [image, result] = [before.image, after.image]
  const resized = findResized(image, result)
  return [
    ...laws.map(({ id, violations }) => ({
      id,
      violations: violations.filter((violation) => !isMeant(id, violation)),
    })),
    { id: 'I6-files', violations: findEmptied(after.inventory, versions) },
    { id: 'I7', violations: compareFiles(image, result, resized, { removed, changed, added }) },
    { id: 'I8', violations: compareMetadata(image, result, new Set(), added) },
    {
      id: 'I9',
      violations: compareInventories(
        before.inventory,
        after.inventory,
        expectPackages(before.inventory, after.inventory, versions, edit),
      ),
    },
    { id: 'I11', violations: await findLayerEntries(result, image.tree, { removed, changed }, signal) },
    { id: 'I13', violations: await compareConfiguration(image, result, new Set(), signal) },
  ]
}

function foldersOf(path: string): readonly string[] {
  const parent = parentOf(path)
  return parent === '' ? [] : [parent, ...foldersOf(parent)]
}

/** Links in documentation may lead to what the image leaves out. */
const documentation = /^\/usr\/share\/(?:doc|man|info|locale)\//

async function openSide(
  { image, inventory: { packages } }: InventoriedImage,
  signal: AbortSignal | undefined,
) {
  return { image, packages, systems: await openSystems(image, packages, { signal }) }
}

/** Patched packages that own nothing any more: their lists were lost. */
function findEmptied({ packages }: Inventory, versions: ReadonlyMap<Package, string>): readonly Violation[] {
  return [...versions.keys()].flatMap((found) => {
    const now = packages.find((one) => keyOf(one) === keyOf(found))
    return found.files.length > 0 && now?.files.length === 0
      ? [{ message: `${found.name} owns no file any more`, package: now.purl }]
      : []
  })
}

/**
 * The packages from before, the patched ones in their new versions. What was found inside a file that is written anew,
 * such as a Python module of a patched package, may have another version and place, and has to be there.
 */
function expectPackages(
  before: Inventory,
  after: Inventory,
  versions: ReadonlyMap<Package, string>,
  { remove, add }: PackageEdit,
): readonly Pick<Package, 'purl' | 'evidence'>[] {
  const isInside = ({ type, evidence: { path } }: Package) =>
    !/^(?:deb|apk|rpm)$/.test(type) && (remove.has(path) || add.has(path))
  const inside = after.packages.filter(isInside)
  return before.packages.map((found) => {
    const version = versions.get(found)
    const isSame = (one: Package) => one.type === found.type && one.name === found.name
    if (version !== undefined) {
      const now = after.packages.find((one) => keyOf(one) === keyOf(found) && one.version === version)
      return now ?? { purl: `${found.type} ${found.name} ${version}`, evidence: found.evidence }
    }
    const at = isInside(found) ? inside.findIndex(isSame) : -1
    return (at < 0 ? undefined : inside.splice(at, 1)[0]) ?? found
  })
}

const keyOf = ({ type, name, arch, evidence }: Package) => [type, name, arch, evidence.path].join(' ')
