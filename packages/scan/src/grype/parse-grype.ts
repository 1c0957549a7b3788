import type { Digest, Platform } from '@sallyport/core'
import type { Inventory } from '@sallyport/inventory'
import { findListingGaps } from '../engine/find-listing-gaps.ts'
import { gapsOfInventory } from '../engine/judged-inventory.ts'
import { lookupOf } from '../engine/package-lookup.ts'
import { parseReport } from '../engine/read-report.ts'
import { ScanError } from '../errors.ts'
import { mergeFindings } from '../merge/merge-findings.ts'
import type { ScanData, ScanGap, ScanReport } from '../scan-report.ts'
import { grypePackagesSchema, type GrypeReport, grypeReportSchema } from './grype.schema.ts'
import { reportedPackage, toFindings, toSuppressedFindings } from './to-finding.ts'

/** What a report is read against. */
export interface ParseGrypeOptions {
  /** Digest of the image manifest that was to be scanned. */
  readonly subject: Digest
  /** Platform of the image. */
  readonly platform: Platform
  /** The image's own inventory, of `subject`. */
  readonly inventory: Inventory
  /** When the scan began, ISO 8601. */
  readonly startedAt: string
  /** When it ended, ISO 8601. */
  readonly finishedAt: string
  /**
   * The packages that Grype saw, which its report does not tell: the same run's output in CycloneDX JSON. Without it
   * the report has the gap `LOSSY_INPUT`: no finding may then mean that Grype saw nothing.
   */
  readonly packages?: string | Uint8Array | undefined
  /** Whether the database has advisories for the image's distribution. Absent: not known, and a gap. */
  readonly knowsDistro?: boolean | undefined
  /** Whether Grype was given an SBOM, which names the image's digest, and no platform. Default `false`. */
  readonly isSbom?: boolean | undefined
  /** Data that was used. Default: what the report says of its database. */
  readonly data?: readonly ScanData[] | undefined
  /** Name of the scanner in the report. Default `grype`. */
  readonly name?: string | undefined
}

/**
 * Reads a Grype report (JSON) of one image. Matches that Grype set aside stay findings that say so in `suppressed`.
 *
 * @throws {ScanError} `REPORT_INVALID` when it is no such report, or Grype lists no package of the distribution although
 * the inventory does.
 * @throws {ScanError} `SUBJECT_MISMATCH` when it is about another image or platform.
 */
export function parseGrypeReport(input: string | Uint8Array, options: ParseGrypeOptions): ScanReport {
  const { subject, platform, inventory, name = 'grype' } = options
  const report = parseReport(input, grypeReportSchema, { what: 'Grype report', scanner: name })
  checkSubject(report, options, name)
  const lookup = lookupOf(inventory.packages)
  const listed = options.packages === undefined ? undefined : listPackages(options.packages, name)
  const gaps: readonly ScanGap[] = [
    ...findDistroGaps(report, inventory, options.knowsDistro),
    // what an SBOM does not list was not judged
    ...(options.isSbom === true ? gapsOfInventory(inventory) : []),
    ...(listed === undefined
      ? [{ code: 'LOSSY_INPUT' as const, message: 'a Grype report does not tell which packages it saw' }]
      : findListingGaps(listed, inventory, { label: 'Grype', scanner: name })),
  ]
  const { descriptor, distro } = report
  const isJudged =
    listed === undefined
      ? report.matches.length > 0
      : listed.some(
          ({ type }) =>
            !['deb', 'apk', 'rpm', 'generic'].includes(type) ||
            (type !== 'generic' && distro.name !== '' && options.knowsDistro === true),
        )
  return {
    scanner: { name, version: descriptor.version.slice(0, 64) },
    subject,
    startedAt: options.startedAt,
    finishedAt: options.finishedAt,
    data: options.data ?? [
      {
        name: 'grype-db',
        updatedAt: descriptor.db.status.built,
        schemaVersion: descriptor.db.status.schemaVersion.slice(1, 64),
      },
    ],
    status: !isJudged ? 'unsupported' : gaps.length === 0 ? 'complete' : 'partial',
    platform,
    distro: distro.name === '' ? undefined : { id: distro.name, versionId: distro.version || undefined },
    tells: ['kev', 'epss'],
    packagesSeen: listed?.length,
    gaps,
    findings: mergeFindings([
      ...report.matches.flatMap((match) => toFindings(match, lookup, name)),
      ...(report.ignoredMatches ?? []).flatMap((match) => toSuppressedFindings(match, lookup, name)),
    ]),
  }
}

function checkSubject(
  { source }: GrypeReport,
  { subject, platform, isSbom = false }: ParseGrypeOptions,
  scanner: string,
): void {
  const { manifestDigest, architecture, os } = source.target
  if (source.type !== 'image' || manifestDigest !== subject) {
    const about = `${source.type} ${manifestDigest ?? 'without a digest'}`.slice(0, 200)
    throw new ScanError('SUBJECT_MISMATCH', `the Grype report is about ${about}, expected ${subject}`, {
      scanner,
    })
  }
  if (isSbom && !architecture && !os) return
  if (architecture !== platform.architecture || os !== platform.os) {
    throw new ScanError(
      'SUBJECT_MISMATCH',
      `the Grype report is about ${os ?? 'no'}/${architecture ?? 'platform'}, expected ${platform.os}/${platform.architecture}`.slice(
        0,
        300,
      ),
      { scanner },
    )
  }
}

function listPackages(input: string | Uint8Array, scanner: string) {
  const { components } = parseReport(input, grypePackagesSchema, { what: 'CycloneDX list of Grype', scanner })
  return (components ?? [])
    .filter(({ type, purl }) => type !== 'operating-system' && type !== 'file' && purl !== undefined)
    .map((component) => reportedPackage(component))
}

function findDistroGaps(
  { distro: seen, alertsByPackage }: GrypeReport,
  { distro, packages }: Inventory,
  knowsDistro: boolean | undefined,
): readonly ScanGap[] {
  const gaps: ScanGap[] = []
  const label = `${seen.name} ${seen.version ?? ''}`.trim().slice(0, 200)
  const hasSystemPackages = packages.some(({ type }) => type === 'deb' || type === 'apk' || type === 'rpm')
  if (seen.name === '') {
    if (hasSystemPackages || distro !== undefined)
      gaps.push({ code: 'DISTRO_UNKNOWN', message: 'Grype does not know the distribution' })
    return gaps
  }
  if (distro !== undefined && !isSameDistro(seen.name, distro.id)) {
    gaps.push({
      code: 'DISTRO_UNKNOWN',
      message: `Grype took the image for ${label}, the inventory for ${distro.id}`,
    })
  } else if (knowsDistro !== true) {
    const what = knowsDistro === undefined ? 'whether it has advisories is not known' : 'no advisories'
    gaps.push({ code: 'DISTRO_UNSUPPORTED', message: `Grype's database and ${label}: ${what}` })
  }
  const isOver = (alertsByPackage ?? []).some(({ alerts }) =>
    alerts.some(({ type }) => type === 'distro-eol'),
  )
  if (isOver) {
    gaps.push({
      code: 'DISTRO_END_OF_LIFE',
      message: `${label} is at its end of life: new vulnerabilities have no advisory`,
    })
  }
  return gaps
}

/** Grype's names of distributions, where they differ from `ID` in os-release. */
const distroIds: Readonly<Record<string, string>> = {
  redhat: 'rhel',
  amazonlinux: 'amzn',
  oraclelinux: 'ol',
  rockylinux: 'rocky',
}

function isSameDistro(name: string, id: string): boolean {
  return name === id || (Object.hasOwn(distroIds, name) && distroIds[name] === id)
}
