import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import { type PlannedEdit, planEdit } from '../apply/plan-edit.ts'
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
  /** How often it had to shrink. */
  readonly rounds: number
  /** Paths whose packages had to stay for a law, and why. */
  readonly needed: ReadonlyMap<string, string>
  /** Why the plan removes nothing. */
  readonly unchangedBecause?: string | undefined
}

/** Options of {@link findPlan}. */
export interface FindPlanOptions extends Omit<PlanHardeningOptions, 'needed'> {
  readonly commands?: readonly (readonly string[])[] | undefined
  /** Largest part of the packages that may leave, 0 to 1. Default 1. */
  readonly maxRemoval?: number | undefined
  readonly signal?: AbortSignal | undefined
}

const maxRounds = 5

/**
 * Makes a plan, and shrinks it until every law that can be checked beforehand holds: what breaks one stays, with its
 * package. When no plan holds, or nothing may leave, the plan is empty.
 */
export async function findPlan(
  image: Image,
  inventory: Inventory,
  analysis: UsageAnalysis,
  systems: OpenedSystems,
  { commands, maxRemoval = 1, signal, ...options }: FindPlanOptions = {},
): Promise<FoundPlan> {
  const needed = new Map<string, string>()
  const nothing = (
    unchangedBecause: string,
    rounds: number,
    kept = keepAll(inventory, analysis),
  ): FoundPlan => ({
    plan: { mode: options.mode ?? 'closed', removed: [], kept, openDependencies: [] },
    edit: { remove: new Set(), replace: new Map(), unowned: [] },
    rounds,
    needed,
    unchangedBecause,
  })
  const refusal = analysis.unresolved ?? findRefusal(inventory, systems)
  if (refusal !== undefined) return nothing(refusal, 0)
  let broken: readonly CheckedInvariant[] = []
  for (let rounds = 0; rounds < maxRounds; rounds++) {
    const plan = await planHardening(image.tree, analysis, inventory, systems, { ...options, needed })
    const { removed, kept } = plan
    if (removed.length === 0) return nothing('no package can be removed', rounds, kept)
    if (emptiesDatabase(plan)) return nothing('the package database would name no package any more', rounds)
    if (removed.length > maxRemoval * systems.packages.length) {
      return nothing(
        `${removed.length} of ${systems.packages.length} packages would leave, more than ${maxRemoval * 100} %`,
        rounds,
      )
    }
    const edit = await planEdit(image, plan, systems)
    const laws = await checkPlan(image, analysis, plan, edit, systems, commands, signal)
    const violations = laws.flatMap(({ id, violations: all }) => all.map((one) => ({ id, ...one })))
    if (violations.length === 0) return { plan, edit, rounds, needed }
    // What breaks a law stays, with its package; it is not used because of that, so nothing is followed from it.
    const added = violations.filter(({ path }) => path !== undefined && !needed.has(path))
    broken = laws
    if (added.length === 0) break
    for (const { id, message, path } of added) needed.set(path!, `${message} (${id})`)
  }
  return nothing(`no plan holds: ${brokenLaws(broken).message}`, maxRounds)
}

function keepAll({ packages }: Inventory, analysis: UsageAnalysis): HardenPlan['kept'] {
  return packages.map((found, index) => ({ package: found, usage: analysis.packages[index]! }))
}

/** Whether no package, or no package of the distribution's, would be left: scanners then see nothing at all. */
function emptiesDatabase({ removed, kept }: HardenPlan): boolean {
  const staying = new Set<Package['type']>(kept.map(({ package: { type } }) => type))
  return (
    staying.size === 0 || removed.some(({ type }) => /^(?:deb|apk|rpm)$/.test(type) && !staying.has(type))
  )
}
