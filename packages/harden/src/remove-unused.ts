import { mkdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { type Image, rewriteImage } from '@sallyport/image'
import { createInventory, type Inventory } from '@sallyport/inventory'
import { extendEdit } from './apply/extend-edit.ts'
import type { HardenImageOptions } from './harden-options.ts'
import type { HardenReport, HardenResult, PackageRemoval } from './harden-result.ts'
import { checkResult } from './invariants/check-result.ts'
import { brokenLaws, toResult } from './invariants/invariant.ts'
import { createApproval } from './plan/create-approval.ts'
import { findPlan } from './plan/find-plan.ts'
import { type HardenPlan, planHardening } from './plan/plan-hardening.ts'
import { readImage } from './read-image.ts'

/** Makes and writes one plan of one mode, and checks what was written. */
export async function removeUnused(
  image: Image,
  inventory: Inventory,
  options: HardenImageOptions & { readonly mode: 'closed' | 'relaxed' },
): Promise<HardenResult> {
  const { mode, plan: approved, directory = tmpdir(), signal, onProgress = () => {} } = options
  const { systems, analysis } = await readImage(image, inventory, options)
  const used = analysis.packages.filter(({ usage }) => usage !== 'present').length
  onProgress({ type: 'analysed', packages: inventory.packages.length, used })
  const choice = {
    mode,
    keep: [...(options.keep ?? []), ...(approved?.keep ?? [])],
    drop: options.drop,
    isApproved: createApproval(approved),
  }
  const found = await findPlan(image, inventory, analysis, systems, { ...options, ...choice })
  const { plan, rounds, needed } = found
  onProgress({ type: 'planned', removed: plan.removed.length, kept: plan.kept.length, rounds })
  const { edit, done, strip, checks, limitedBecause } = await extendEdit(
    { image, inventory, analysis, systems },
    found,
    options,
  )
  const report: HardenReport = {
    mode,
    removed: plan.removed.map((one) => describeRemoval(image, one)),
    kept: plan.kept.map(({ usage }) => usage),
    removedPaths: edit.unowned,
    openDependencies: plan.openDependencies.length > 0 ? plan.openDependencies : undefined,
    invariants: [],
    coverage: analysis.coverage,
    strip,
    checks,
    limitedBecause: limitedBecause.length > 0 ? limitedBecause : undefined,
    rounds,
  }
  if (done.length === 0)
    return { report: { ...report, unchangedBecause: found.unchangedBecause ?? 'nothing can be removed' } }

  await mkdir(directory, { recursive: true })
  await using resources = new AsyncDisposableStack()
  const { image: result } = resources.use(
    await rewriteImage(
      image,
      {
        ...edit,
        createdBy: `sallyport: ${done.join(', ')}`,
        annotations: { 'org.opencontainers.image.base.digest': image.raw.descriptor.digest },
      },
      {
        directory,
        signal,
        squash: options.squash,
        compression: options.compression,
        level: options.level,
        onProgress: (event) => onProgress({ type: 'writing', event }),
      },
    ),
  )
  const after = { image: result, inventory: await createInventory(result, { signal }) }
  // Recordings name the image that they were made of.
  const evidenceOf = [
    ...(options.evidenceOf ?? []),
    image.raw.descriptor.digest,
    image.manifest.config.digest,
  ]
  const second = await readImage(result, after.inventory, {
    ...options,
    evidenceOf,
    traceOnly: options.traceOnly && { minimumCoverage: { ...options.traceOnly.minimumCoverage, records: 0 } },
  })
  const again = await planHardening(result.tree, second.analysis, after.inventory, second.systems, {
    ...choice,
    needed,
  })
  const laws = await checkResult(
    { image, inventory, systems },
    { ...after, systems: second.systems },
    { analysis, plan, edit, again: again.removed, commands: options.commands, signal },
  )
  if (laws.some(({ violations }) => violations.length > 0)) throw brokenLaws(laws)
  onProgress({ type: 'checked', invariants: laws.length })

  resources.move()
  const bytes = { before: storedBytes(image), after: storedBytes(result) }
  return { ...after, report: { ...report, bytes, invariants: laws.map(toResult) } }
}

const storedBytes = ({ manifest: { layers } }: Image) => layers.reduce((sum, { size }) => sum + size, 0)

function describeRemoval(
  { tree }: Image,
  { purl, name, version, files }: HardenPlan['removed'][number],
): PackageRemoval {
  const bytes = files.reduce((sum, path) => sum + (tree.get(path)?.size ?? 0), 0)
  return { purl, name, version, bytes, files: files.length }
}
