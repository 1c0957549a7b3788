import type { Digest } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import { findListingGaps } from '../engine/find-listing-gaps.ts'
import { addGaps, gapsOfInventory } from '../engine/judged-inventory.ts'
import { lookupOf } from '../engine/package-lookup.ts'
import { parseReport } from '../engine/read-report.ts'
import { ScanError } from '../errors.ts'
import type { FindingPackage } from '../finding.ts'
import { mergeFindings } from '../merge/merge-findings.ts'
import type { ScanData, ScanGap, ScanReport } from '../scan-report.ts'
import { isFamilyOf, isSupportedFamily } from './package-types.ts'
import { reportedPackage, toFindings, toSuppressedFindings } from './to-finding.ts'
import { toWeaknesses } from './to-weaknesses.ts'
import { type TrivyReport, type TrivyResult, trivyReportSchema } from './trivy.schema.ts'

/** What a report is read against. */
export interface ParseTrivyOptions {
  /** Digest of the image manifest that was to be scanned. */
  readonly subject: Digest
  /** Digest of that image's config: Trivy names images by it. */
  readonly config?: Digest | undefined
  /**
   * Who vouches for the report's being about `subject`, where the config is not known, or where the report is about an
   * SBOM and names no image. Without it such a report is refused.
   */
  readonly vouchedBy?: string | undefined
  /** The image's own inventory, of `subject`. */
  readonly inventory: Inventory
  /** The database that it used; its report does not tell. */
  readonly data: readonly ScanData[]
  /** When the scan began, ISO 8601. */
  readonly startedAt: string
  /** When it ended, ISO 8601. */
  readonly finishedAt: string
  /** What Trivy looked for besides vulnerabilities: no weakness of that kind then means that there is none. Default: nothing. */
  readonly weaknesses?: readonly ('secret' | 'misconfiguration')[] | undefined
  /** Name of the scanner in the report. Default `trivy`. */
  readonly name?: string | undefined
}

/**
 * Reads a Trivy report (JSON, schema version 2) of one image.
 *
 * A report on an SBOM has the inventory's gaps: what the SBOM does not list was not judged.
 *
 * What Trivy set aside by ignore rules or VEX of its own stays a finding that says so in `suppressed`.
 *
 * @throws {ScanError} `REPORT_INVALID` when it is no such report, or lists no package of the distribution although the
 * inventory does: a scan that saw nothing is not a clean one.
 * @throws {ScanError} `SUBJECT_MISMATCH` when it is about another image, or does not say about which.
 */
export function parseTrivyReport(input: string | Uint8Array, options: ParseTrivyOptions): ScanReport {
  const { name = 'trivy' } = options
  const what = 'Trivy report of schema version 2'
  const report = parseReport(input, trivyReportSchema, { what, scanner: name })
  checkSubject(report, options, name)
  const read = toScanReport(report, options)
  return report.ArtifactType === 'container_image' ? read : addGaps(read, gapsOfInventory(options.inventory))
}

/** Makes a report of what Trivy says of the image that was asked for. */
export function toScanReport(report: TrivyReport, options: Omit<ParseTrivyOptions, 'config'>): ScanReport {
  const { subject, inventory, name = 'trivy' } = options
  const results = report.Results ?? []
  const lookup = lookupOf(inventory.packages)
  const listed = listPackages(results)
  const gaps = [
    ...findDistroGaps(report, inventory),
    ...findListingGaps(listed, inventory, { label: 'Trivy', scanner: name }),
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
    distro: distroOf(report),
    packagesSeen: listed.length,
    gaps,
    findings: mergeFindings(
      results.flatMap((result) => [
        ...toFindings(result, lookup, name),
        ...toSuppressedFindings(result, lookup, name),
      ]),
    ),
    ...(options.weaknesses && options.weaknesses.length > 0
      ? {
          weaknesses: results.flatMap((result) => toWeaknesses(result, name)),
          weaknessKinds: options.weaknesses,
        }
      : {}),
  }
}

function checkSubject(
  { ArtifactType, Metadata }: TrivyReport,
  { subject, config, vouchedBy = '' }: ParseTrivyOptions,
  scanner: string,
): void {
  if (config !== undefined && ArtifactType === 'container_image' && Metadata?.ImageID === config) return
  const contradicts = config !== undefined && Metadata?.ImageID !== undefined
  const isJudged =
    ArtifactType === 'container_image' || ArtifactType === 'cyclonedx' || ArtifactType === 'spdx'
  if (vouchedBy.trim() !== '' && isJudged && !contradicts) return
  const about = `${ArtifactType ?? 'nothing named'} ${Metadata?.ImageID ?? 'without an image id'}`.slice(
    0,
    200,
  )
  throw new ScanError(
    'SUBJECT_MISMATCH',
    `the Trivy report is about ${about}, expected container_image ${config ?? 'of unknown config'} (config of ${subject})`,
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
      code: 'DISTRO_END_OF_LIFE',
      message: `${os} is at its end of life: new vulnerabilities have no advisory`,
    })
  }
  return gaps
}

function distroOf({ Metadata }: TrivyReport): ScanReport['distro'] {
  const { Family: id = 'none', Name: versionId } = Metadata?.OS ?? {}
  return id === 'none' || id === '' ? undefined : { id, versionId }
}
