import { join } from 'node:path'
import { analyzeUsage, type HardenReport, hardenImage, type PackageUsage } from '@sallyport/harden'
import { patchImage, type PatchReport } from '@sallyport/harden/patch'
import type { SmokeTest } from '@sallyport/harden/smoke'
import type { Image } from '@sallyport/image'
import type { Package } from '@sallyport/inventory'
import type { Finding } from '@sallyport/scan'
import { GateError } from '../errors.ts'
import type { HardenChoice } from '../promote/options.ts'
import type { OpenedImage } from './examined-image.ts'

/** What became of an image before it is judged. */
export interface ChangedImage {
  readonly report: HardenReport
  /** Present when patching was asked for. */
  readonly patches?: PatchReport | undefined
  /** Usage of each package that is there now. */
  readonly usage: readonly PackageUsage[]
  /** Whether complete recordings stand behind `usage`. */
  readonly traced: boolean
  /** How complete the recordings behind `usage` are. */
  readonly traceCoverage: NonNullable<HardenReport['coverage']>
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
  const unpatched = {
    report,
    usage: report.kept,
    traced: report.coverage === 'complete',
    traceCoverage: report.coverage ?? 'none',
    changed: hardened,
  }
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
  if (choice.smoke && 'run' in choice.smoke) await checkRun(choice.smoke, changed.image, signal)
  const stages = { report, unpatched: subject, patched: changed }
  const usage = await analyzePatched(source, stages, choice, signal)
  // Nobody has seen the new versions run.
  return { report, patches: patched.report, usage, traced: false, traceCoverage: 'none', changed }
}

/** What it prints may well have another version in it: that it passes is enough. */
async function checkRun(smoke: SmokeTest, image: Image, signal: AbortSignal | undefined): Promise<void> {
  const { status } = await smoke.run(image, { signal })
  if (status === 'passed') return
  throw new GateError(
    'STEP_FAILED',
    `the patched image does not pass the smoke test ${smoke.name}: ${status}`,
    {
      step: 'harden',
    },
  )
}

/** How the packages of a patched image are used: a new version may need what the old one did not. */
async function analyzePatched(
  source: OpenedImage,
  {
    report,
    unpatched,
    patched,
  }: { readonly report: HardenReport; readonly unpatched: OpenedImage; readonly patched: OpenedImage },
  { commands, dataPacks, evidence, evidenceOf = [] }: HardenChoice,
  signal: AbortSignal | undefined,
): Promise<readonly PackageUsage[]> {
  const { raw, manifest } = source.image
  const { packages } = await analyzeUsage(patched.image, patched.inventory, {
    commands,
    dataPacks,
    // They tell what the versions before were seen to use, which is not all that the new ones do.
    evidence: evidence?.map((one) => ({ ...one, coverage: 'partial' })),
    evidenceOf: [...evidenceOf, raw.descriptor.digest, manifest.config.digest],
    signal,
  })
  const keyOf = ({ type, name, evidence: { path } }: Package) => `${type} ${name} ${path}`
  const reasons = new Map<string, PackageUsage['keptBy']>()
  for (const found of unpatched.inventory.packages)
    reasons.set(keyOf(found), report.kept.find(({ purl }) => purl === found.purl)?.keptBy)
  return packages.map((found, index) => ({
    ...found,
    keptBy:
      found.keptBy ??
      (found.usage === 'present' ? reasons.get(keyOf(patched.inventory.packages[index]!)) : undefined),
  }))
}
