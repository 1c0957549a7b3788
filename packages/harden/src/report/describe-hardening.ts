import type { Digest } from '@sallyport/core'
import type { Finding, FindingPackage } from '@sallyport/scan'
import { diffFindings } from '@sallyport/scan/findings'
import type { TraceCoverage } from '../evidence/trace-coverage.ts'
import type { HardenReport } from '../harden-result.ts'
import { explainKept, type FixRefusal } from './explain-kept.ts'
import type { HardenDocument } from './harden-document.schema.ts'

/** An image as it was scanned. */
export interface ScannedImage {
  /** Digest of its manifest. */
  readonly digest: Digest
  /** What scanners found in it. */
  readonly findings: readonly Finding[]
  /** What the inventory found in it. */
  readonly packages: readonly Pick<FindingPackage, 'type' | 'name' | 'version' | 'purl'>[]
  /** Of all layers as they are stored. */
  readonly bytes?: number | undefined
}

/** What {@link describeHardening} brings together. */
export interface DescribeHardeningInput {
  /** What hardening says that it did. */
  readonly report: HardenReport
  /** The image before. */
  readonly before: ScannedImage
  /** The image afterwards; the same as `before` when nothing changed. */
  readonly after: ScannedImage
  /** Findings of the image rewritten without a change, so that a rewrite alone can't look like hardening. */
  readonly control?: readonly Finding[] | undefined
  /** What stands behind `executed` and `loaded`. Default `none`. */
  readonly coverage?: TraceCoverage | undefined
  /** Packages with a fix that was not applied, and why. */
  readonly refusals?: readonly FixRefusal[] | undefined
}

/** What hardening did, in three numbers that are never added up: removed, patched, unused but kept. */
export function describeHardening({
  report,
  before,
  after,
  control,
  coverage = 'none',
  refusals = [],
}: DescribeHardeningInput): HardenDocument {
  const { added, gone } = diffFindings(before, after)
  const countOf = (reason: (typeof gone)[number]['reason']) =>
    gone.filter((one) => one.reason === reason).length
  return {
    schema: 'https://sallyport.dev/harden-report/v1',
    image: { before: before.digest, after: after.digest === before.digest ? undefined : after.digest },
    mode: report.mode,
    coverage,
    unchangedBecause: report.unchangedBecause,
    removed: report.removed.map(({ purl, name, version, bytes, files }) => ({
      purl,
      name,
      version,
      bytes,
      files,
    })),
    patched: findPatched(before, after),
    unusedButKept: report.kept
      .filter(({ usage }) => usage === 'present')
      .map(({ purl, keptBy }) => ({ purl, because: keptBy?.detail ?? 'it was not removed' })),
    packages: { before: before.packages.length, after: after.packages.length },
    bytes: {
      removed: report.removed.reduce((sum, { bytes }) => sum + bytes, 0),
      before: before.bytes,
      after: after.bytes,
    },
    findings: {
      before: before.findings.length,
      control: control?.length,
      after: after.findings.length,
      gone: {
        removed: countOf('package-removed'),
        patched: countOf('package-changed'),
        unexplained: countOf('unexplained'),
      },
      added: added.length,
    },
    kept: after.findings.map((finding) => explainKept(finding, report, refusals)),
    invariants: report.invariants.map(({ id, holds }) => ({ id, holds })),
  }
}

/** Packages of which one version was there before, and another one is now. */
function findPatched(before: ScannedImage, after: ScannedImage): HardenDocument['patched'] {
  const keyOf = ({ type, name }: ScannedImage['packages'][number]) => `${type} ${name}`
  const versionsOf = ({ packages }: ScannedImage) =>
    Map.groupBy(packages, keyOf) as ReadonlyMap<string, readonly ScannedImage['packages'][number][]>
  const now = versionsOf(after)
  const patched: HardenDocument['patched'] = []
  for (const [key, list] of versionsOf(before)) {
    const left = now.get(key) ?? []
    const old = list.filter(({ version }) => !left.some((one) => one.version === version))
    const fresh = left.filter(({ version }) => !list.some((one) => one.version === version))
    // Several versions of one name can't be told apart: each old one went to one of the new ones.
    for (const [index, one] of old.entries()) {
      const to = fresh[Math.min(index, fresh.length - 1)]
      if (to) patched.push({ name: one.name, from: one.version, to: to.version })
    }
  }
  return patched
}
