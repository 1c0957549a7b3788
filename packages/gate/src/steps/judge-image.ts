import { formatCount } from '@sallyport/core'
import { join } from 'node:path'
import type { BlobReader, Platform, RawManifest } from '@sallyport/core'
import type { HardenReport } from '@sallyport/harden'
import type { PatchReport } from '@sallyport/harden/patch'
import type { Image, LayerStore } from '@sallyport/image'
import type { Inventory } from '@sallyport/inventory'
import {
  type BreakGlass,
  decide,
  type Decision,
  type Policy,
  type PolicyFacts,
  type WaiverFile,
} from '@sallyport/policy'
import type { FindingsDiff, MergedScan, Scanner } from '@sallyport/scan'
import { diffFindings, runScanners } from '@sallyport/scan/findings'
import type { HardenChoice } from '../promote/options.ts'
import type { StepRunner } from '../promote/step-runner.ts'
import { applyStatements, type ApplyStatementsOptions } from './apply-statements.ts'
import type { ChangedImage } from './change-image.ts'
import type { ExaminedImage } from './examined-image.ts'
import { findLazyLayers } from './find-lazy-layers.ts'
import { needsUsage } from './needs-usage.ts'

/** The image of one platform, examined, hardened and judged. Dispose it to delete its files. */
export interface ImageJudgement extends AsyncDisposable {
  /** Platform of the image. */
  readonly platform: Platform
  /** Manifest at the source. */
  readonly source: RawManifest
  /** With the findings as the scanners told them. */
  readonly before: ExaminedImage
  /** The image that would be promoted, open; the same as `before` when nothing was changed. */
  readonly after: ExaminedImage
  /** What was removed, and why the rest stays; absent when nothing was asked for. */
  readonly hardening?: HardenReport | undefined
  /** What patching did; absent when it was not asked for. */
  readonly patches?: PatchReport | undefined
  /** What hardening and patching did to the findings; absent when nothing was changed. */
  readonly change?: FindingsDiff | undefined
  /** What the decision rests on. */
  readonly facts: PolicyFacts
  /** The decision. */
  readonly decision: Decision
}

/** Options of {@link judgeImage}. */
export interface JudgeImageOptions {
  /** Reference that the image is to go to. */
  readonly destination: string
  /** Tier whose rules judge it. */
  readonly tier: string
  /** The rules. */
  readonly policy: Policy
  /** Exceptions from the rules. Default: none. */
  readonly waivers?: readonly WaiverFile[] | undefined
  /** Lets an image through that the policy stops, where the tier allows it. */
  readonly breakGlass?: BreakGlass | undefined
  /** Scanners to ask; all of them must answer. */
  readonly scanners: readonly Scanner[]
  /** How to harden. Default: not at all. */
  readonly harden?: HardenChoice | undefined
  /** Statements that take findings out of the count. Default: none. */
  readonly statements?: Omit<ApplyStatementsOptions, 'now'> | undefined
  /** Platforms of the source that can run, and those that are judged together, as `os/architecture[/variant]`. */
  readonly platforms?: PolicyFacts['platforms']
  /** Whether an image passes of which runtimes may take the files from elsewhere than its layers. Default `false`. */
  readonly unsafeAllowLazyLayers?: boolean | undefined
  /** Whether others than the policy read how packages are used. Default `false`: it is analysed when a rule may ask. */
  readonly isUsageRead?: boolean | undefined
  /** Adds to the facts before they are judged. Default: nothing. */
  readonly gatherFacts?:
    | ((
        images: Pick<ImageJudgement, 'before' | 'after'> & { readonly known: PolicyFacts },
      ) => Promise<Partial<PolicyFacts>>)
    | undefined
  /** Time of the judgement. */
  readonly now: Date
  /** Folder for what is unpacked; the caller deletes it. */
  readonly directory: string
  /** Has the layers that other images share. */
  readonly layerStore?: LayerStore | undefined
  /** Runs the steps, and tells of them. */
  readonly steps: StepRunner
  /** Ends the work; the promise rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
}

/** What stands when hardening was not asked for. */
type HardenStep = Omit<ChangedImage, 'report'> & { readonly report?: HardenReport | undefined }

/**
 * Reads the image of one platform once, inventories and scans it, hardens and patches it, examines the result again and decides
 * about that. A scanner that fails is part of the facts and makes the verdict `error`; an image that can't be read
 * rejects.
 */
export async function judgeImage(
  blobs: BlobReader,
  source: RawManifest,
  platform: Platform,
  {
    destination,
    tier,
    policy,
    waivers,
    breakGlass,
    scanners,
    harden,
    statements,
    platforms,
    unsafeAllowLazyLayers = false,
    isUsageRead = false,
    gatherFacts,
    now,
    directory,
    layerStore,
    steps,
    signal,
  }: JudgeImageOptions,
): Promise<ImageJudgement> {
  await using resources = new AsyncDisposableStack()

  const { image, inventory } = await steps.run('inventory', platform, async () => {
    const [{ openImage }, { createInventory }] = await Promise.all([
      import('@sallyport/image'),
      import('@sallyport/inventory'),
    ])
    const image = resources.use(
      await openImage(blobs, source, { directory: join(directory, 'before'), layerStore, signal }),
    )
    const inventory = await createInventory(image, { signal })
    return { value: { image, inventory }, summary: formatCount(inventory.packages.length, 'package') }
  })
  const scanned = await steps.run('scan', platform, async () => {
    const scan = await scanImage(image, inventory, scanners, signal)
    return { value: scan, summary: formatCount(scan.findings.length, 'finding') }
  })
  const before: ExaminedImage = { image, inventory, scan: scanned }

  const { usage, traced, traceCoverage, report, patches, changed } = await steps.run<HardenStep>(
    'harden',
    platform,
    async () => {
      if (!harden && !isUsageRead && !needsUsage(policy.tiers.get(tier)?.rules ?? [], scanned.findings)) {
        return {
          value: { usage: [], traced: false, traceCoverage: 'none' as const },
          summary: 'not asked for',
        }
      }
      if (!harden) {
        const { analyzeUsage } = await import('@sallyport/harden')
        const { packages } = await analyzeUsage(image, inventory, { signal })
        return {
          value: { usage: packages, traced: false, traceCoverage: 'none' as const },
          summary: 'not asked for',
        }
      }
      const { changeImage } = await import('./change-image.ts')
      const { findings } = scanned
      const value = await changeImage(before, harden, { findings, now, directory, resources, signal })
      return { value, summary: summarizeChange(value) }
    },
  )

  const rescanned = await steps.run('rescan', platform, async () => {
    if (!changed) return { value: before, summary: 'the image is unchanged' }
    const scan = await scanImage(changed.image, changed.inventory, scanners, signal)
    const summary = `${formatCount(changed.inventory.packages.length, 'package')}, ${formatCount(scan.findings.length, 'finding')}`
    return { value: { ...changed, scan }, summary }
  })

  const change = changed && diffFindings(stateOf(before), stateOf(rescanned))
  const subject = rescanned.image.raw.descriptor.digest
  const { digests = [], repositories = [], ...trusted } = statements ?? {}
  const { scan, notes } = applyStatements(rescanned.scan, rescanned.inventory, {
    ...trusted,
    digests: [subject, source.descriptor.digest, ...digests],
    repositories,
    now,
  })
  const after: ExaminedImage = { ...rescanned, scan }
  const known: PolicyFacts = {
    subject,
    sourceDigest: source.descriptor.digest,
    platforms,
    destination,
    inventory: after.inventory,
    scan,
    // the report that a changed image replaces; failures of the other stand in its own reports
    failures: [
      ...(changed ? failuresOf(scanned) : []),
      ...(unsafeAllowLazyLayers ? [] : findLazyLayers(after.image.manifest)),
    ],
    vanished: change && vanishedFrom(change, scan),
    notes,
    usage,
    traced,
    traceCoverage,
    removed: report?.removed ?? [],
  }
  const { facts, decision } = await steps.run('decide', platform, async () => {
    const facts: PolicyFacts = { ...known, ...(await gatherFacts?.({ before, after, known })) }
    const terms = { tier, now, waivers, breakGlass }
    const decision = decide(facts, policy, terms)
    return { value: { facts, decision }, summary: decision.verdict }
  })

  const owned = resources.move()
  return {
    platform,
    source,
    before,
    after,
    hardening: report,
    patches,
    change,
    facts,
    decision,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  }
}

function summarizeChange({ report: { removed, kept, unchangedBecause }, patches }: ChangedImage): string {
  const hardened =
    unchangedBecause === undefined
      ? `${formatCount(removed.length, 'package')} removed, ${kept.length} kept`
      : `unchanged: ${unchangedBecause}`
  if (!patches) return hardened
  const patched = patches.packages.filter(({ state }) => state === 'patched').length
  return `${hardened}; ${patched} patched${patches.unchangedBecause === undefined ? '' : `: ${patches.unchangedBecause}`}`
}

async function scanImage(
  image: Image,
  inventory: Inventory,
  scanners: readonly Scanner[],
  signal: AbortSignal | undefined,
): Promise<MergedScan> {
  const subject = image.raw.descriptor.digest
  // without a scanner nothing was judged, which a policy takes for an error
  if (scanners.length === 0) return { subject, reports: [], findings: [] }
  const target = { subject, platform: image.platform, inventory, layoutDirectory: image.layoutDirectory }
  return runScanners(scanners, target, { signal })
}

const stateOf = ({ scan: { findings }, inventory: { packages } }: ExaminedImage) => ({ findings, packages })

/** What is gone without a reason. A scanner that failed says so itself, and its findings are missing for that reason. */
function vanishedFrom({ gone }: FindingsDiff, { reports }: MergedScan): PolicyFacts['vanished'] {
  if (reports.some(({ status }) => status === 'failed')) return []
  return gone.filter(({ reason }) => reason === 'unexplained').map(({ finding }) => finding)
}

function failuresOf({ reports }: MergedScan): PolicyFacts['failures'] {
  return reports.flatMap(({ scanner, failure }) =>
    failure === undefined
      ? []
      : [{ step: `scan by ${scanner.name} before hardening`, code: failure.code, message: failure.message }],
  )
}
