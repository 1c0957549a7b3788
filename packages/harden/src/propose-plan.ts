import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import type { PlanOptions } from './harden-options.ts'
import { findPlan } from './plan/find-plan.ts'
import type { HardenPlan } from './plan/plan-hardening.ts'
import { readImage } from './read-image.ts'
import type { UsageAnalysis } from './usage/analyze-usage.ts'

/** What {@link hardenImage} would do to the packages of an image. */
export interface ProposedPlan {
  /** For review; `toPlanDocument` of `@sallyport/harden/report` writes it down, and `hardenImage({ plan })` applies that. */
  readonly plan: HardenPlan
  /** Paths that would leave besides those of packages, sorted. */
  readonly removedPaths: readonly string[]
  /** Why nothing would be removed. */
  readonly unchangedBecause?: string | undefined
  /** How often the plan had to shrink for a law. */
  readonly rounds: number
}

/** Works out what can leave an image, and checks it against the laws, without writing anything. */
export async function proposePlan(
  image: Image,
  inventory: Inventory,
  options: PlanOptions = {},
): Promise<ProposedPlan> {
  const { systems, analysis } = await readImage(image, inventory, options)
  const { plan, edit, unchangedBecause, rounds } = await findPlan(
    image,
    inventory,
    analysis,
    systems,
    options,
  )
  return { plan, removedPaths: edit.unowned, unchangedBecause, rounds }
}

/**
 * Finds what the commands of an image reach: how each of its packages is used, and by which chain. Nothing is changed.
 *
 * @throws {HardenError} `EVIDENCE_MISMATCH`, `EVIDENCE_INCOMPLETE` or `LIMIT_EXCEEDED` because of `evidence`.
 */
export async function analyzeUsage(
  image: Image,
  inventory: Inventory,
  options: Omit<PlanOptions, 'mode' | 'maxRemoval'> = {},
): Promise<UsageAnalysis> {
  return (await readImage(image, inventory, options)).analysis
}
