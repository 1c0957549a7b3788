import { join } from 'node:path'
import { analyzeUsage, type HardenReport, hardenImage, type PackageUsage } from '@sallyport/harden'
import { patchImage, type PatchReport } from '@sallyport/harden/patch'
import type { Image } from '@sallyport/image'
import type { Inventory, Package } from '@sallyport/inventory'
import type { Finding } from '@sallyport/scan'
import { GateError } from '../errors.ts'
import type { HardenChoice } from '../promote/options.ts'

/** An image and its packages. */
export interface OpenedImage {
  readonly image: Image
  readonly inventory: Inventory
}

/** What became of an image before it is judged. */
export interface ChangedImage {
  readonly report: HardenReport
  /** Present when patching was asked for. */
  readonly patches?: PatchReport | undefined
  /** Usage of each package that is there now. */
  readonly usage: readonly PackageUsage[]
  /** Whether complete recordings stand behind `usage`. */
  readonly traced: boolean
  /** Absent when nothing changed. */
  readonly changed?: OpenedImage | undefined
}

/** Options of {@link changeImage}. */
export interface ChangeImageOptions {
  /** What the first scan found. */
  readonly findings: readonly Finding[]
  readonly now: Date
  readonly directory: string
  /** Takes what is to be disposed in the end. */
  readonly resources: AsyncDisposableStack
  readonly signal?: AbortSignal | undefined
}

/** Hardens an image, and then patches what stays. */
export async function changeImage(
  source: OpenedImage,
  { patch, ...choice }: HardenChoice,
  { findings, now, directory, resources, signal }: ChangeImageOptions,
): Promise<ChangedImage> {
  const { report, image, inventory } = await hardenImage(source.image, source.inventory, {
    ...choice,
    directory: join(directory, 'hardened'),
    signal,
  })
  const hardened = image && inventory && { image: resources.use(image), inventory }
  const unpatched = { report, usage: report.kept, traced: report.coverage === 'complete', changed: hardened }
  if (!patch) return unpatched

  const subject = hardened ?? source
  const purls = new Set(subject.inventory.packages.map(({ purl }) => purl))
  const patched = await patchImage(subject.image, subject.inventory, {
    ...patch,
    findings: findings.filter(({ package: { purl } }) => purls.has(purl)),
    now,
    directory: join(directory, 'patched'),
    signal,
  })
  if (!patched.image || !patched.inventory) return { ...unpatched, patches: patched.report }
  const changed = { image: resources.use(patched.image), inventory: patched.inventory }
  // What it prints may well have another version in it.
  const run = await choice.smoke?.run(changed.image, { signal })
  if (run && run.status !== 'passed')
    throw new GateError(
      'STEP_FAILED',
      `the patched image does not pass the smoke test ${choice.smoke!.name}: ${run.status}`,
    )
  const usage = await analyzePatched(source, subject, changed, choice, signal)
  // Nobody has seen the new versions run.
  return { report, patches: patched.report, usage, traced: false, changed }

  function keptByOf(): void {}
}
