import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import { checkComparison } from './check-comparison.ts'
import { findLayerEntries } from './check-layers.ts'
import { compareConfiguration } from './compare-configuration.ts'
import { compareFiles, findResized } from './compare-files.ts'
import { compareInventories } from './compare-inventories.ts'
import { compareMetadata } from './compare-metadata.ts'
import { compareImages } from './comparison.ts'
import type { CheckedInvariant } from './invariant.ts'
import { type PlannedChanges, planImage } from './planned-image.ts'

/** An image with what was read from it. */
export interface ReadImage {
  readonly image: Image
  readonly inventory: Inventory
  readonly systems: OpenedSystems
}

/**
 * Checks the written image against the one before, and against what the plan says that was to become of it. That bytes
 * which were not to change did not is checked by `rewriteImage`, which compares each one.
 *
 * @param again - packages that would be removed if the result were hardened in the same way
 */
export async function checkResult(
  before: ReadImage,
  after: ReadImage,
  {
    analysis,
    plan,
    edit,
    again = [],
    commands,
    signal,
  }: {
    readonly analysis: UsageAnalysis
    readonly plan: HardenPlan
    readonly edit: PlannedChanges
    readonly again?: readonly Package[] | undefined
    readonly commands?: readonly (readonly string[])[] | undefined
    readonly signal?: AbortSignal | undefined
  },
): Promise<readonly CheckedInvariant[]> {
  const added = new Set(edit.add?.keys())
  const changed = new Set([...edit.replace.keys(), ...added])
  const { image, inventory } = before
  const comparison = await compareImages(
    { ...before, packages: inventory.packages },
    { ...after, packages: after.inventory.packages },
    {
      analysis,
      changed,
      commands,
      openDependencies: plan.openDependencies,
      signal,
    },
  )
  const removed = new Set([...edit.remove].filter((path) => !added.has(path)))
  const meant = { removed, changed, added }
  const planned = planImage(image, edit)
  const expected = plan.kept.map(({ package: found }) => found)
  return [
    ...(await checkComparison(comparison, signal)),
    { id: 'I7', violations: compareFiles(image, after.image, findResized(image, after.image), meant) },
    { id: 'I8', violations: compareMetadata(planned, after.image, new Set()) },
    { id: 'I9', violations: compareInventories(inventory, after.inventory, expected) },
    {
      id: 'I11',
      violations: await findLayerEntries(after.image, image.tree, { removed, changed }, signal),
    },
    {
      id: 'I12',
      violations: again.map(({ purl }) => ({
        message: `${purl} could be removed from the result`,
        package: purl,
      })),
    },
    { id: 'I13', violations: await compareConfiguration(planned, after.image, new Set(), signal) },
  ]
}
