import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import { type PlannedEdit, planEdit } from '../apply/plan-edit.ts'
import { HardenError } from '../errors.ts'
import type { PackageUsage } from '../usage/usage.ts'
import { checkPlan } from '../invariants/check-plan.ts'
import { brokenLaws, type CheckedInvariant } from '../invariants/invariant.ts'
import type { OpenedSystems } from '../systems/open-systems.ts'
import type { UsageAnalysis } from '../usage/analyze-usage.ts'
import { findRefusal } from './find-refusal.ts'
import { type HardenPlan, planHardening, type PlanHardeningOptions } from './plan-hardening.ts'

/** A plan that holds on paper, with what it changes. */
export interface FoundPlan {
  readonly plan: HardenPlan
  readonly edit: PlannedEdit
  readonly invariants: readonly CheckedInvariant[]
  /** How often it had to shrink. */
  readonly rounds: number
  /** Paths whose packages had to stay for a law, and why. */
  readonly needed: ReadonlyMap<string, string>
}

/** Why nothing is to be removed. */
export interface NoPlan {
  readonly unchangedBecause: string
  readonly kept: readonly PackageUsage[]
  readonly rounds: number
}

/** Options of {@link findPlan}. */
export interface FindPlanOptions extends Omit<PlanHardeningOptions, 'needed'> {
  readonly commands?: readonly (readonly string[])[] | undefined
}

const maxRounds = 5

/**
 * Makes a plan, and shrinks it until every law that can be checked beforehand holds: what breaks one stays, with its
 * package.
 *
 * @throws {HardenError} `INVARIANT_BROKEN` when no plan holds after five rounds.
 */
export async function findPlan(
  image: Image,
  inventory: Inventory,
  analysis: UsageAnalysis,
  systems: OpenedSystems,
  { commands, ...options }: FindPlanOptions = {},
): Promise<FoundPlan | NoPlan> {
  const refusal = analysis.unresolved ?? findRefusal(inventory, systems)
  if (refusal !== undefined) return { unchangedBecause: refusal, kept: analysis.packages, rounds: 0 }
  const needed = new Map<string, string>()
  for (let rounds = 0; rounds < maxRounds; rounds++) {
    const plan = await planHardening(image.tree, analysis, inventory, systems, { ...options, needed })
    const kept = plan.kept.map(({ usage }) => usage)
    if (plan.removed.length === 0) return { unchangedBecause: 'no package can be removed', kept, rounds }
    if (emptiesDatabase(plan))
      return { unchangedBecause: 'the package database would name no package any more', kept, rounds }
    const edit = await planEdit(image, plan, systems)
    const invariants = await checkPlan(image, analysis, plan, edit, systems, commands)
    const broken = invariants.flatMap(({ id, violations }) => violations.map((one) => ({ id, ...one })))
    if (broken.length === 0) return { plan, edit, invariants, rounds, needed }
    // What breaks a law stays, with its package; it is not used because of that, so nothing is followed from it.
    const added = broken.filter(({ path }) => path !== undefined && !needed.has(path))
    if (added.length === 0) throw brokenLaws(invariants)
    for (const { id, message, path } of added) needed.set(path!, `${message} (${id})`)
  }
  throw new HardenError('INVARIANT_BROKEN', `no plan holds after ${maxRounds} rounds`)
}

/** Whether no package, or no package of the distribution's, would be left: scanners then see nothing at all. */
function emptiesDatabase({ removed, kept }: HardenPlan): boolean {
  const staying = new Set<Package['type']>(kept.map(({ package: { type } }) => type))
  return (
    staying.size === 0 || removed.some(({ type }) => /^(?:deb|apk|rpm)$/.test(type) && !staying.has(type))
  )
}
