import type { Image } from '@sallyport/image'
import type { HardenPlan } from '../plan/plan-hardening.ts'
import { type OpenedSystems, openSystems } from '../systems/open-systems.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import { checkComparison } from './check-comparison.ts'
import { compareImages } from './comparison.ts'
import type { CheckedInvariant } from './invariant.ts'
import { type PlannedChanges, planImage } from './planned-image.ts'

/**
 * Checks on the plan, before anything is written, what must hold of the image after it. Each violation names the path
 * that has to stay; the plan is made again with it.
 */
export async function checkPlan(
  image: Image,
  analysis: UsageAnalysis,
  { kept, removed, openDependencies }: HardenPlan,
  edit: PlannedChanges,
  systems: OpenedSystems,
  commands: readonly (readonly string[])[] | undefined,
  signal?: AbortSignal,
): Promise<readonly CheckedInvariant[]> {
  const planned = planImage(image, edit)
  const packages = kept.map(({ package: found }) => found)
  const comparison = await compareImages(
    { image, packages: [...packages, ...removed], systems },
    { image: planned, packages, systems: await openSystems(planned, packages, { signal }) },
    {
      analysis,
      changed: new Set([...edit.replace.keys(), ...(edit.add?.keys() ?? [])]),
      commands,
      openDependencies,
      signal,
    },
  )
  return checkComparison(comparison, signal)
}
