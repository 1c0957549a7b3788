import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { PlanOptions } from './harden-options.ts'
import { type OpenedSystems, openSystems } from './systems/open-systems.ts'
import { analyzeUsage, type UsageAnalysis } from './usage/analyze-usage.ts'

/** The package databases of an image, and what it uses. */
export async function readImage(
  image: Image,
  inventory: Inventory,
  { drop = [], keep = [], ...options }: PlanOptions,
): Promise<{ readonly systems: OpenedSystems; readonly analysis: UsageAnalysis }> {
  const { signal } = options
  const systems = await openSystems(image, inventory.packages, { drop, signal })
  const names = new Set(drop.filter((name) => !keep.includes(name)))
  const dropped = new Set(
    systems.packages.filter(({ name }) => names.has(name)).flatMap(({ files }) => files),
  )
  return { systems, analysis: await analyzeUsage(image, inventory, { ...options, systems, dropped }) }
}
