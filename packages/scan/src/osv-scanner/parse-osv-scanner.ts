import type { Digest } from '@sallyport/core'
import type { Inventory, Package } from '@sallyport/inventory'
import { ecosystemOf } from '../builtin/ecosystem-of.ts'
import { findListingGaps } from '../engine/find-listing-gaps.ts'
import { parseReport } from '../engine/read-report.ts'
import { ScanError } from '../errors.ts'
import type { FindingPackage } from '../finding.ts'
import { mergeFindings } from '../merge/merge-findings.ts'
import { packageKey } from '../merge/package-key.ts'
import type { ScanData, ScanGap, ScanReport } from '../scan-report.ts'
import { baseEcosystem, typeOfEcosystem } from './ecosystems.ts'
import { osvScannerReportSchema, type OsvScannerReport, type ScannedPackage } from './osv-scanner.schema.ts'
import { toFindings } from './to-finding.ts'

/** What a report is read against. */
export interface ParseOsvScannerOptions {
  /** Digest of the image manifest that was to be scanned. */
  readonly subject: Digest
  /** Diff ids of that image's layers: OSV-Scanner names images by nothing else. */
  readonly diffIds: readonly Digest[]
  /** The image's own inventory, of `subject`. */
  readonly inventory: Inventory
  /** Ecosystems, without release, that the scan had a database of. */
  readonly ecosystems: ReadonlySet<string>
  /** The databases that it used. */
  readonly data: readonly ScanData[]
  /** Version of OSV-Scanner; its report does not tell. */
  readonly version?: string | undefined
  /** When the scan began, ISO 8601. */
  readonly startedAt: string
  /** When it ended, ISO 8601. */
  readonly finishedAt: string
  /** Name of the scanner in the report. Default `osv-scanner`. */
  readonly name?: string | undefined
}

/**
 * Reads a report of `osv-scanner scan image --all-packages --format json` of one image.
 *
 * @throws {ScanError} `REPORT_INVALID` when it is no such report, or lists no package of the distribution although the
 * inventory does.
 * @throws {ScanError} `SUBJECT_MISMATCH` when its layers are of another image.
 */
export function parseOsvScannerReport(
  input: string | Uint8Array,
  options: ParseOsvScannerOptions,
): ScanReport {
  const { inventory, ecosystems, name = 'osv-scanner' } = options
  const what = 'report of osv-scanner scan image'
  const report = parseReport(input, osvScannerReportSchema, { what, scanner: name })
  checkSubject(report, options, name)
  const lookup = lookupOf(inventory.packages)
  const scanned = report.results.flatMap(({ packages }) => packages)
  const found = scanned.map((each) => ({ each, packages: lookup(reportedPackage(each)) }))
  const listed = found.flatMap(({ packages }) => packages)
  const gaps = [
    ...findListingGaps(listed, inventory, { label: 'OSV-Scanner', scanner: name }),
    ...findEcosystemGaps(scanned, inventory, ecosystems),
  ]
  const judged = scanned.filter(({ package: pkg }) => ecosystems.has(baseEcosystem(pkg.ecosystem)))
  return {
    ...emptyReport(options),
    status: judged.length === 0 ? 'unsupported' : gaps.length === 0 ? 'complete' : 'partial',
    packagesSeen: scanned.length,
    gaps,
    findings: mergeFindings(
      found.flatMap(({ each, packages }) => packages.flatMap((pkg) => toFindings(each, pkg, name))),
    ),
  }
}

/**
 * The report where OSV-Scanner ended with "no packages": there is none it could match, which is no clean result.
 */
export function nothingToScan(options: ParseOsvScannerOptions): ScanReport {
  const { packages } = options.inventory
  const gaps: ScanGap[] = [
    { code: 'NO_PACKAGES', message: 'OSV-Scanner found no package that it could match' },
  ]
  if (packages.length > 0) {
    gaps.push({
      code: 'DISTRO_UNKNOWN',
      message: `the inventory lists ${packages.length} packages; OSV-Scanner does not know their distribution`,
    })
  }
  return { ...emptyReport(options), gaps }
}

function emptyReport(options: ParseOsvScannerOptions): ScanReport {
  return {
    scanner: { name: options.name ?? 'osv-scanner', version: options.version ?? 'unknown' },
    subject: options.subject,
    startedAt: options.startedAt,
    finishedAt: options.finishedAt,
    data: options.data,
    status: 'unsupported',
    packagesSeen: 0,
    gaps: [],
    findings: [],
  }
}

function checkSubject(
  { image_metadata: image }: OsvScannerReport,
  { subject, diffIds }: ParseOsvScannerOptions,
  scanner: string,
): void {
  const seen = image.layer_metadata.filter(({ is_empty: isEmpty }) => !isEmpty).map((layer) => layer.diff_id)
  if (seen.length === diffIds.length && seen.every((diffId, index) => diffId === diffIds[index])) return
  throw new ScanError(
    'SUBJECT_MISMATCH',
    `the OSV-Scanner report is about an image of other layers than ${subject}`,
    { scanner },
  )
}

/** OSV-Scanner's package in our words. Its name for a package of a distribution is that of the source. */
function reportedPackage({ package: pkg }: ScannedPackage): FindingPackage {
  const type = typeOfEcosystem(pkg.ecosystem)
  const isOfDistro = type === 'deb' || type === 'apk' || type === 'rpm'
  const name = (isOfDistro ? pkg.os_package_name : undefined) ?? pkg.name
  const namespace = isOfDistro ? `${encodeURIComponent(baseEcosystem(pkg.ecosystem).toLowerCase())}/` : ''
  const path = name
    .split(type === 'maven' ? ':' : '/')
    .map(encodeURIComponent)
    .join('/')
  return {
    purl: `pkg:${type}/${namespace}${path}@${encodeURIComponent(pkg.version)}`,
    type,
    name,
    version: pkg.version,
    sourceName: isOfDistro ? pkg.name : undefined,
  }
}

/** Looks packages up without architecture, of which OSV-Scanner says nothing: there may be several. */
function lookupOf(packages: readonly Package[]): (reported: FindingPackage) => readonly FindingPackage[] {
  const own = new Map<string, FindingPackage[]>()
  const keyOf = (pkg: FindingPackage) => packageKey({ ...pkg, purl: '' })
  for (const pkg of packages) {
    const entry = {
      purl: pkg.purl,
      type: pkg.type,
      name: pkg.name,
      version: pkg.version,
      sourceName: pkg.source?.name,
      sourceVersion: pkg.source?.version,
      layer: pkg.evidence.diffId,
      path: pkg.evidence.path,
    }
    const list = own.get(keyOf(entry))
    if (list === undefined) own.set(keyOf(entry), [entry])
    else list.push(entry)
  }
  return (reported) => own.get(keyOf(reported)) ?? [reported]
}

function findEcosystemGaps(
  scanned: readonly ScannedPackage[],
  { distro, packages }: Inventory,
  ecosystems: ReadonlySet<string>,
): readonly ScanGap[] {
  const gaps: ScanGap[] = []
  const seen = new Set(scanned.map(({ package: pkg }) => pkg.ecosystem))
  for (const base of new Set([...seen].map(baseEcosystem))) {
    if (ecosystems.has(base)) continue
    const count = scanned.filter(({ package: pkg }) => baseEcosystem(pkg.ecosystem) === base).length
    gaps.push({
      code: 'NO_ADVISORIES',
      message: `no OSV database of ${base.slice(0, 80) || 'packages without an ecosystem'}; ${count} not judged`,
    })
  }
  for (const type of ['deb', 'apk', 'rpm'] as const) {
    if (!packages.some((pkg) => pkg.type === type)) continue
    const expected = ecosystemOf(type, distro)
    if (!expected.ok) {
      gaps.push({ code: 'DISTRO_UNSUPPORTED', message: expected.why })
    } else if (!expected.names.some((name) => seen.has(name))) {
      const others = [...seen].filter((each) => typeOfEcosystem(each) === type).join(', ')
      gaps.push({
        code: 'DISTRO_UNKNOWN',
        message:
          `OSV-Scanner took the ${type} packages for ${others || 'none'}, not ${expected.names.join(' or ')}`.slice(
            0,
            300,
          ),
      })
    }
  }
  return gaps
}
