import type { Image } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import { HardenError } from './errors.ts'
import { coverageOf } from './evidence/trace-coverage.ts'
import type { HardenImageOptions } from './harden-options.ts'
import type { HardenProof, HardenResult } from './harden-result.ts'
import { readImage } from './read-image.ts'
import { removeUnused } from './remove-unused.ts'
import { compareSmoke } from './smoke/compare-smoke.ts'
import type { SmokeTest } from './smoke/smoke-test.ts'

/**
 * Removes the packages that nothing in the image uses: their files, their database entries and their bytes in
 * every layer. Nothing of the image is run, but by `smoke`. What is removed and why the rest stays is in the report,
 * together with the laws that were checked between the image before and after; where one does not hold, the plan
 * shrinks until it does, and if none holds, the image stays as it is.
 *
 * The same image and options give the same result; hardening the result again changes nothing.
 *
 * @throws {HardenError} `PROOF_MISSING` when `relaxed` or `traceOnly` comes without what would show that the result works.
 * @throws {HardenError} `PLAN_INVALID` when `plan` is for another image.
 * @throws {HardenError} `EVIDENCE_MISMATCH`, `EVIDENCE_INCOMPLETE` or `LIMIT_EXCEEDED` because of `evidence`.
 * @throws {HardenError} `SMOKE_UNAVAILABLE` when `smoke` can't run images here.
 * @throws {HardenError} `INVARIANT_BROKEN` when a law does not hold in the written image; nothing is left of it.
 */
export async function hardenImage(
  image: Image,
  inventory: Inventory,
  options: HardenImageOptions = {},
): Promise<HardenResult> {
  const { plan, smoke, evidence = [], signal, onProgress } = options
  const mode = plan?.mode ?? options.mode ?? 'closed'
  if (plan && plan.image !== image.raw.descriptor.digest) {
    throw new HardenError(
      'PLAN_INVALID',
      `the plan is for ${plan.image}, and the image is ${image.raw.descriptor.digest}`,
    )
  }
  const traced: HardenProof | undefined =
    coverageOf(evidence) === 'complete'
      ? { by: 'trace', sources: [...new Set(evidence.map(({ source }) => source))] }
      : undefined
  if (!smoke && (options.traceOnly || (mode === 'relaxed' && !traced))) {
    throw new HardenError(
      'PROOF_MISSING',
      options.traceOnly
        ? 'removing by recordings alone wants a smoke test of the result: give `smoke`'
        : '`relaxed` removes what packages say they need: give `smoke`, or complete `evidence` of this image',
    )
  }
  const result = await removeUnused(image, inventory, { ...options, mode })
  if (!result.image) return result
  if (!smoke) return withProof(result, traced)
  if ('elsewhere' in smoke) return withProof(result, { by: 'caller', name: smoke.elsewhere })

  const difference = await findDifference(smoke, image, result, signal)
  onProgress?.({ type: 'smoke-tested', same: difference === undefined })
  if (difference === undefined) return withProof(result, { by: 'smoke-test', name: smoke.name })
  await result.image[Symbol.asyncDispose]()
  const { report } = result
  const isCautious = mode === 'closed' && !options.traceOnly && !options.strip
  if (isCautious || difference.isOfSource) {
    // Nothing of what was planned stands: a report that tells of it would only look like hardening.
    const { mode: asked, coverage, rounds, limitedBecause } = report
    const { analysis } = await readImage(image, inventory, options)
    return {
      report: {
        mode: asked,
        removed: [],
        kept: analysis.packages,
        removedPaths: [],
        invariants: [],
        coverage,
        limitedBecause,
        rounds,
        unchangedBecause: difference.reason,
      },
    }
  }
  const smaller = await hardenImage(image, inventory, {
    ...options,
    plan: plan && { ...plan, mode: 'closed' },
    mode: 'closed',
    traceOnly: undefined,
    strip: undefined,
  })
  return {
    ...smaller,
    report: {
      ...smaller.report,
      limitedBecause: [difference.reason, ...(smaller.report.limitedBecause ?? [])],
    },
  }
}

function withProof(result: HardenResult, proof: HardenProof | undefined): HardenResult {
  return { ...result, report: { ...result.report, proof } }
}

/** How a result differs from the image when both are run; `isOfSource` when the image itself proves nothing. */
async function findDifference(
  smoke: SmokeTest,
  image: Image,
  result: HardenResult,
  signal: AbortSignal | undefined,
): Promise<{ readonly reason: string; readonly isOfSource: boolean } | undefined> {
  try {
    const before = await smoke.run(image, { signal })
    const after = before.status === 'passed' ? await smoke.run(result.image!, { signal }) : before
    const { same, differences } = compareSmoke(before, after)
    if (same) return undefined
    return {
      reason: `the smoke test ${smoke.name} (${result.report.mode}): ${differences.join('; ')}`,
      isOfSource: before.status !== 'passed',
    }
  } catch (error) {
    await result.image?.[Symbol.asyncDispose]()
    throw error
  }
}
