import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { type Image, rewriteImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import type { HardenResult, PackageRemoval } from './harden-result.ts'
import { checkResult } from './invariants/check-result.ts'
import { brokenLaws, toResult } from './invariants/invariant.ts'
import { type HardenPlan, planHardening } from './plan/plan-hardening.ts'
import { findPlan } from './plan/find-plan.ts'
import { openSystems } from './systems/open-systems.ts'
import { analyzeUsage } from './usage/analyze-usage.ts'

/** Options of {@link hardenImage}. */
export interface HardenImageOptions {
  /** `closed` keeps every dependency of a kept package; `relaxed` only what files need. Default `closed`. */
  readonly mode?: 'closed' | 'relaxed' | undefined
  /** Commands besides those of the configuration that the image must still run: probes, hooks, cron. */
  readonly commands?: readonly (readonly string[])[] | undefined
  /** Names of packages that stay in any case. */
  readonly keep?: readonly string[] | undefined
  /** Names of language packages that may leave, declared by somebody who knows the application. */
  readonly drop?: readonly string[] | undefined
  /** Folder for the result's files. Default: the system's folder for temporary files. */
  readonly directory?: string | undefined
  readonly signal?: AbortSignal | undefined
}

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
  const found = await findPlan(image, inventory, analysis, systems, { mode, keep, commands })
  if ('unchangedBecause' in found) {
    const { unchangedBecause, kept, rounds } = found
    return { report: { mode, removed: [], kept, removedPaths: [], invariants: [], unchangedBecause, rounds } }
  }
  const { plan, edit, rounds, needed } = found

  await mkdir(directory, { recursive: true })
  await using resources = new AsyncDisposableStack()
  const { image: result } = resources.use(
    await rewriteImage(
      image,
      {
        remove: edit.remove,
        replace: edit.replace,
        createdBy: `sallyport: removed ${plan.removed.length} unused packages`,
        annotations: { 'org.opencontainers.image.base.digest': image.raw.descriptor.digest },
      },
      { directory, signal },
    ),
  )
  const after = { image: result, inventory: await createInventory(result, { signal }) }
  const left = await openSystems(result, after.inventory.packages, { drop, signal })
  const second = await analyzeUsage(result, after.inventory, { commands, systems: left, signal })
  const again = await planHardening(result.tree, second, after.inventory, left, { mode, keep, needed })
  const written = await checkResult(
    { image, inventory, systems },
    { ...after, systems: left },
    { analysis, plan, edit, again: again.removed, commands, signal },
  )
  if (written.some(({ violations }) => violations.length > 0)) throw brokenLaws(written)

  resources.move()
  return {
    ...after,
    report: {
      mode,
      removed: plan.removed.map((one) => describeRemoval(image, one)),
      kept: plan.kept.map(({ usage }) => usage),
      removedPaths: edit.unowned,
      openDependencies: plan.openDependencies.length > 0 ? plan.openDependencies : undefined,
      invariants: written.map(toResult),
      rounds,
    },
  }
}

function describeRemoval(
  { tree }: Image,
  { purl, name, version, files }: HardenPlan['removed'][number],
): PackageRemoval {
  const bytes = files.reduce((sum, path) => sum + (tree.get(path)?.size ?? 0), 0)
  return { purl, name, version, bytes, files: files.length }
}
