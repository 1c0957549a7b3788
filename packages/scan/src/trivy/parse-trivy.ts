import type { Digest } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import { z } from 'zod'
import { ScanError } from '../errors.ts'
import type { FindingPackage } from '../finding.ts'
import { mergeFindings } from '../merge/merge-findings.ts'
import { packageKey } from '../merge/package-key.ts'
import type { ScanData, ScanGap, ScanReport } from '../scan-report.ts'
import { isFamilyOf, isSupportedFamily } from './package-types.ts'
import { lookupOf, reportedPackage, toFindings } from './to-finding.ts'
import { type TrivyReport, type TrivyResult, trivyReportSchema } from './trivy.schema.ts'

/** What a report is read against. */
export interface ParseTrivyOptions {
  /** Digest of the image manifest that was to be scanned. */
  readonly subject: Digest
  /** Digest of that image's config: Trivy names images by it. */
  readonly config: Digest
  readonly inventory: Inventory
  readonly data: readonly ScanData[]
  readonly startedAt: string
  readonly finishedAt: string
  /** Name of the scanner in the report. Default `trivy`. */
  readonly name?: string | undefined
}

/**
 * Reads a Trivy report (JSON, schema version 2) of one image.
 *
 * @throws {ScanError} `REPORT_INVALID` when it is no such report, suppresses findings, or lists no package of the
 * distribution although the inventory does: a scan that saw nothing is not a clean one.
 * @throws {ScanError} `SUBJECT_MISMATCH` when it is about another image, or does not say about which.
 */
export function parseTrivyReport(input: string | Uint8Array, options: ParseTrivyOptions): ScanReport {
  const { subject, inventory, name = 'trivy' } = options
  const report = readReport(input, name)
  checkSubject(report, options, name)
  const results = report.Results ?? []
  if (results.some((result) => (result.ExperimentalModifiedFindings ?? []).length > 0)) {
    throw new ScanError('REPORT_INVALID', 'Trivy suppressed findings by ignore rules or VEX of its own', {
      scanner: name,
    })
  }
  const lookup = lookupOf(inventory.packages)
  const listed = listPackages(results)
  const gaps = [
    ...findDistroGaps(report, inventory),
    ...findPackageGaps(listed, results, inventory, name),
    ...(listed.length === 0 ? [{ code: 'NO_PACKAGES' as const, message: 'Trivy lists no package' }] : []),
  ]
  const osJudged = !gaps.some(({ code }) => code === 'DISTRO_UNKNOWN')
  const languageJudged = results.some(({ Class }) => Class === 'lang-pkgs')
  const judged = listed.length > 0 && (osJudged || languageJudged)
  return {
    scanner: { name, version: report.Trivy?.Version?.slice(0, 64) ?? 'unknown' },
    subject,
    startedAt: options.startedAt,
    finishedAt: options.finishedAt,
    data: options.data,
    status: !judged ? 'unsupported' : gaps.length === 0 ? 'complete' : 'partial',
    gaps,
    findings: mergeFindings(results.flatMap((result) => toFindings(result, lookup, name))),
  }
}

function readReport(input: string | Uint8Array, scanner: string): TrivyReport {
  let value: unknown
  try {
    value = JSON.parse(
      typeof input === 'string' ? input : new TextDecoder('utf-8', { fatal: true }).decode(input),
    )
  } catch (cause) {
    throw new ScanError('REPORT_INVALID', 'the Trivy report is not JSON', { cause, scanner })
  }
  const result = trivyReportSchema.safeParse(value)
  if (result.success) return result.data
  const problem = z.prettifyError(result.error).split('\n').slice(0, 4).join(' ').slice(0, 400)
  throw new ScanError('REPORT_INVALID', `not a Trivy report of schema version 2: ${problem}`, { scanner })
}

function checkSubject(
  { ArtifactType, Metadata }: TrivyReport,
  { subject, config }: ParseTrivyOptions,
  scanner: string,
): void {
  if (ArtifactType === 'container_image' && Metadata?.ImageID === config) return
  const about = `${ArtifactType ?? 'nothing named'} ${Metadata?.ImageID ?? 'without an image id'}`.slice(
    0,
    200,
  )
  throw new ScanError(
    'SUBJECT_MISMATCH',
    `the Trivy report is about ${about}, expected container_image ${config} (config of ${subject})`,
    { scanner },
  )
}

function listPackages(results: readonly TrivyResult[]): readonly FindingPackage[] {
  return results.flatMap((result) =>
    (result.Packages ?? []).map((pkg) => {
      const epoch = pkg.Epoch === undefined || pkg.Epoch === 0 ? '' : `${pkg.Epoch}:`
      const release = pkg.Release === undefined || pkg.Release === '' ? '' : `-${pkg.Release}`
      const version = `${epoch}${pkg.Version ?? ''}${release}`
      return reportedPackage({ name: pkg.Name, version, purl: pkg.Identifier?.PURL, arch: pkg.Arch }, result)
    }),
  )
}

const distroTypes: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm'])

function findDistroGaps({ Metadata }: TrivyReport, { distro, packages }: Inventory): readonly ScanGap[] {
  const gaps: ScanGap[] = []
  const family = Metadata?.OS?.Family ?? 'none'
  const os = `${family} ${Metadata?.OS?.Name ?? ''}`.trim().slice(0, 200)
  const hasSystemPackages = packages.some(({ type }) => distroTypes.has(type))
  if (family === 'none' || family === '') {
    if (hasSystemPackages || distro !== undefined) {
      gaps.push({ code: 'DISTRO_UNKNOWN', message: 'Trivy does not know the distribution' })
    }
    return gaps
  }
  if (!isSupportedFamily(family)) {
    gaps.push({ code: 'DISTRO_UNSUPPORTED', message: `Trivy has no advisories for ${os}` })
  } else if (distro !== undefined && !isFamilyOf(family, distro)) {
    gaps.push({
      code: 'DISTRO_UNKNOWN',
      message: `Trivy took the image for ${os}, the inventory for ${distro.id}`,
    })
  }
  if (Metadata?.OS?.EOSL === true) {
    gaps.push({
      code: 'DISTRO_UNSUPPORTED',
      message: `${os} is at its end of life: new vulnerabilities have no advisory`,
    })
  }
  return gaps
}

/** What the inventory lists and Trivy does not: it was not judged. */
function findPackageGaps(
  listed: readonly FindingPackage[],
  results: readonly TrivyResult[],
  { packages }: Inventory,
  scanner: string,
): readonly ScanGap[] {
  const expected = packages.filter(({ type }) => distroTypes.has(type))
  const known = new Set(listed.map(packageKey))
  const ofDistro = results
    .filter(({ Class }) => Class === 'os-pkgs')
    .flatMap(({ Packages }) => Packages ?? [])
  if (expected.length > 0 && ofDistro.length === 0) {
    throw new ScanError(
      'REPORT_INVALID',
      `Trivy lists no package of the distribution, the inventory lists ${expected.length}`,
      { scanner },
    )
  }
  const gaps: ScanGap[] = []
  const missing = expected.filter((pkg) => !known.has(packageKey(pkg)))
  if (missing.length > 0) {
    const names = missing.slice(0, 5).map(({ name, version }) => `${name} ${version}`)
    const message = `Trivy does not list ${missing.length} of ${expected.length} packages: ${names.join(', ')}`
    gaps.push({ code: 'NO_PACKAGES', message: message.slice(0, 500), purl: missing[0]?.purl })
  }
  for (const type of ['npm', 'pypi', 'golang']) {
    const own = packages.filter((pkg) => pkg.type === type && pkg.ownedBy === undefined)
    if (own.length > 0 && !listed.some((pkg) => pkg.type === type)) {
      gaps.push({
        code: 'NO_PACKAGES',
        message: `Trivy lists no ${type} package, the inventory lists ${own.length}`,
      })
    }
  }
  return gaps
}
