import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { type Image, openImage, rewriteImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import { planEdit } from './apply/plan-edit.ts'
import { HardenError } from './errors.ts'
import type { HardenReport, HardenResult, PackageRemoval } from './harden-result.ts'
import { checkPlan } from './invariants/check-plan.ts'
import { checkResult } from './invariants/check-result.ts'
import { type CheckedInvariant, toResult } from './invariants/invariant.ts'
import { type HardenPlan, planHardening } from './plan/plan-hardening.ts'
import { findRefusal } from './plan/find-refusal.ts'
import { openSystems } from './systems/open-systems.ts'
import { analyzeUsage } from './usage/analyze-usage.ts'
import type { PackageUsage } from './usage/usage.ts'

/** Options of {@link hardenImage}. */
export interface HardenImageOptions {
  /** `closed` keeps every dependency of a kept package; `relaxed` only what files need. Default `closed`. */
  readonly mode?: 'closed' | 'relaxed' | undefined
  /** Commands besides those of the configuration that the image must still run: probes, hooks, cron. */
  readonly commands?: readonly (readonly string[])[] | undefined
  /** Names of packages that stay in any case. */
  readonly keep?: readonly string[] | undefined
  /**
   * Names of packages of a language (npm, Python, Ruby) that the application does not need. They leave unless something
   * refers to them.
   */
  readonly drop?: readonly string[] | undefined
  /** Folder for the result's files. Default: the system's folder for temporary files. */
  readonly directory?: string | undefined
  readonly signal?: AbortSignal | undefined
}

const maxRounds = 5

/**
 * Removes the packages that nothing in the image uses: their files, their database entries and their bytes in
 * every layer. The image is not run. What is removed and why the rest stays is in the report, together with the laws
 * that were checked between the image before and after; where one does not hold, the plan shrinks until it does.
 *
 * The same image and options give the same result; hardening the result again changes nothing.
 *
 * @throws {HardenError} `INVARIANT_BROKEN` when a law does not hold after five rounds, or in the written image.
 */
export async function hardenImage(
  image: Image,
  inventory: Inventory,
  { mode = 'closed', commands, keep, drop, directory = tmpdir(), signal }: HardenImageOptions = {},
): Promise<HardenResult> {
  const systems = await openSystems(image, inventory.packages, { drop, signal })
  const analysis = await analyzeUsage(image, inventory, { commands, systems, signal })
  const refusal = analysis.unresolved ?? findRefusal(inventory, systems)
  if (refusal !== undefined) return unchanged(mode, analysis.packages, refusal, 0)
  const needed = new Map<string, string>()
  for (let round = 1; round <= maxRounds; round++) {
    const plan = await planHardening(image.tree, analysis, inventory, systems, { mode, keep, needed })
    const edit = await planEdit(image, plan, systems)
    const kept = plan.kept.map(({ usage }) => usage)
    if (emptiesDatabase(plan))
      return unchanged(mode, kept, 'the package database would name no package any more', round - 1)
    if (plan.removed.length === 0) return unchanged(mode, kept, 'no package can be removed', round - 1)

    const planned = await checkPlan(image, analysis, plan, edit, systems, commands)
    const broken = planned.flatMap(({ id, violations }) =>
      violations.map((violation) => ({ id, ...violation })),
    )
    if (broken.length > 0) {
      // What breaks a law stays, with its package; it is not used because of that, so nothing is followed from it.
      const added = broken.filter(({ path }) => path !== undefined && !needed.has(path))
      if (added.length === 0) throw brokenLaws(planned)
      for (const { id, message, path } of added) needed.set(path!, `${message} (${id})`)
      continue
    }

    await mkdir(directory, { recursive: true })
    await using rewritten = await rewriteImage(
      image,
      {
        remove: edit.remove,
        replace: edit.replace,
        createdBy: `sallyport: removed ${plan.removed.length} unused packages`,
        annotations: { 'org.opencontainers.image.base.digest': image.raw.descriptor.digest },
      },
      { directory, signal },
    )
    await using resources = new AsyncDisposableStack()
    const result = resources.use(await openImage(rewritten.blobs, rewritten.raw, { directory, signal }))
    const after = { image: result, inventory: await createInventory(result, { signal }) }
    const left = await openSystems(result, after.inventory.packages, { drop, signal })
    const second = await analyzeUsage(result, after.inventory, { commands, systems: left, signal })
    const again = await planHardening(result.tree, second, after.inventory, left, { mode, keep, needed })
    const written = await checkResult({ image, inventory }, after, plan, edit, again.removed, signal)
    if (written.some(({ violations }) => violations.length > 0)) throw brokenLaws(written)

    resources.move()
    return {
      ...after,
      report: {
        mode,
        removed: plan.removed.map((found) => describeRemoval(image, found)),
        kept,
        removedPaths: edit.unowned,
        openDependencies: plan.openDependencies.length > 0 ? plan.openDependencies : undefined,
        invariants: [...planned, ...written].map(toResult),
        rounds: round - 1,
      },
    }
  }
  throw new HardenError('INVARIANT_BROKEN', `no plan holds after ${maxRounds} rounds`)
}

/** Whether a database of the distribution would be left without a package: scanners then see nothing at all. */
function emptiesDatabase({ removed, kept }: HardenPlan): boolean {
  const staying = new Set(kept.map(({ package: { type } }) => type))
  return removed.some(({ type }) => /^(?:deb|apk|rpm)$/.test(type) && !staying.has(type))
}

function unchanged(
  mode: HardenReport['mode'],
  kept: readonly PackageUsage[],
  unchangedBecause: string,
  rounds: number,
): HardenResult {
  return { report: { mode, removed: [], kept, removedPaths: [], invariants: [], unchangedBecause, rounds } }
}

function describeRemoval(
  { tree }: Image,
  { purl, name, version, files }: HardenPlan['removed'][number],
): PackageRemoval {
  const bytes = files.reduce((sum, path) => sum + (tree.get(path)?.size ?? 0), 0)
  return { purl, name, version, bytes, files: files.length }
}

function brokenLaws(checked: readonly CheckedInvariant[]): HardenError {
  const text = checked
    .map(toResult)
    .filter(({ holds }) => !holds)
    .map(({ id, violations }) => `${id}: ${violations.join(', ')}`)
    .join('; ')
  return new HardenError('INVARIANT_BROKEN', text)
}
