import { PackageURL } from 'packageurl-js'
import { ownPackage, type PackageLookup } from '../engine/package-lookup.ts'
import type { Finding, FindingPackage, FixState, Severity, SeverityRating } from '../finding.ts'
import { chooseSeverity } from '../severity/choose-severity.ts'
import { levelOfScore, rateCvss } from '../severity/rate-cvss.ts'
import { severityOfWord } from '../severity/severity-order.ts'
import { packageTypeOf } from './package-types.ts'
import type { TrivyPackage, TrivyResult, TrivyVulnerability } from './trivy.schema.ts'

const levels: readonly Severity[] = ['unknown', 'low', 'medium', 'high', 'critical']

const fixStates: Readonly<Record<string, FixState>> = {
  fixed: 'fixed',
  affected: 'not-fixed',
  fix_deferred: 'deferred',
  will_not_fix: 'wont-fix',
  end_of_life: 'end-of-life',
}

/** Turns the findings of one part of a report into findings of ours, about packages of the inventory where they match. */
export function toFindings(result: TrivyResult, lookup: PackageLookup, scanner: string): readonly Finding[] {
  const packages = packagesById(result)
  return (result.Vulnerabilities ?? []).map((each) => toFinding(each, result, packages, lookup, scanner))
}

/** What Trivy set aside, as findings that say so. */
export function toSuppressedFindings(
  result: TrivyResult,
  lookup: PackageLookup,
  scanner: string,
): readonly Finding[] {
  const packages = packagesById(result)
  return (result.ExperimentalModifiedFindings ?? []).flatMap((modified) => {
    if (modified.Type !== 'vulnerability') return []
    const finding = toFinding(modified.Finding, result, packages, lookup, scanner)
    const { Status: status, Statement: statement, Source: source = '' } = modified
    const isVex = status === 'not_affected' || status === 'fixed'
    return [
      {
        ...finding,
        suppressed: {
          kind: 'scanner',
          status: isVex ? status : 'ignored',
          statement: statement === '' ? undefined : statement,
          source: source === '' ? scanner : source,
        },
      },
    ]
  })
}

function packagesById({ Packages }: TrivyResult): ReadonlyMap<string, TrivyPackage> {
  return new Map((Packages ?? []).map((pkg) => [pkg.ID ?? '', pkg]))
}

function toFinding(
  vulnerability: TrivyVulnerability,
  result: TrivyResult,
  packages: ReadonlyMap<string, TrivyPackage>,
  lookup: PackageLookup,
  scanner: string,
): Finding {
  const pkg = toPackage(vulnerability, packages.get(vulnerability.PkgID ?? ''), result, lookup)
  const ratings = toRatings(vulnerability)
  const chosen = chooseSeverity(pkg.purl, ratings)
  return {
    id: vulnerability.VulnerabilityID,
    aliases: [],
    package: pkg,
    severity: chosen === 'unknown' ? (severityOfWord(vulnerability.Severity ?? '') ?? 'unknown') : chosen,
    ratings,
    fix: toFix(vulnerability),
    title: vulnerability.Title?.slice(0, 500),
    url: /^https?:\/\//.test(vulnerability.PrimaryURL ?? '') ? vulnerability.PrimaryURL : undefined,
    published: Number.isNaN(Date.parse(vulnerability.PublishedDate ?? ''))
      ? undefined
      : vulnerability.PublishedDate,
    scanners: [scanner],
  }
}

function toPackage(
  vulnerability: TrivyVulnerability,
  listed: TrivyPackage | undefined,
  result: TrivyResult,
  lookup: PackageLookup,
): FindingPackage {
  const { PkgName: name, InstalledVersion: version, PkgIdentifier: identifier } = vulnerability
  const reported = reportedPackage({ name, version, purl: identifier?.PURL, arch: listed?.Arch }, result)
  const source =
    listed?.SrcName === undefined
      ? {}
      : { sourceName: listed.SrcName, sourceVersion: sourceVersionOf(listed) }
  return ownPackage({ ...reported, ...source }, lookup)
}

/** A package as Trivy names it in a list or a finding. */
export interface ReportedPackage {
  readonly name: string
  /** With epoch and release. */
  readonly version: string
  readonly purl?: string | undefined
  readonly arch?: string | undefined
}

/** The package in Trivy's own words; older versions give no purl, so one is made. */
export function reportedPackage(
  { name, version, purl = '', arch }: ReportedPackage,
  result: TrivyResult,
): FindingPackage {
  const ownType = typeOfPurl(purl)
  if (ownType !== undefined) return { purl, type: ownType, name, version }
  const type = packageTypeOf(result.Type)
  const isOfDistro = result.Class === 'os-pkgs'
  const namespace = isOfDistro ? `${encodeURIComponent(result.Type ?? 'unknown')}/` : ''
  const path = name.split('/').map(encodeURIComponent).join('/')
  const qualifiers = isOfDistro && arch ? `?arch=${encodeURIComponent(arch)}` : ''
  return {
    purl: `pkg:${type}/${namespace}${path}@${encodeURIComponent(version)}${qualifiers}`,
    type,
    name,
    version,
  }
}

function typeOfPurl(purl: string): string | undefined {
  try {
    return PackageURL.fromString(purl).type || undefined
  } catch {
    return undefined
  }
}

function sourceVersionOf(pkg: TrivyPackage): string | undefined {
  if (pkg.SrcVersion === undefined) return undefined
  const epoch = pkg.SrcEpoch === undefined || pkg.SrcEpoch === 0 ? '' : `${pkg.SrcEpoch}:`
  const release = pkg.SrcRelease === undefined || pkg.SrcRelease === '' ? '' : `-${pkg.SrcRelease}`
  return `${epoch}${pkg.SrcVersion}${release}`
}

function toFix({ FixedVersion: fixed = '', Status: status = '' }: TrivyVulnerability): Finding['fix'] {
  const versions = fixed.split(',').flatMap((version) => version.trim() || [])
  if (versions.length > 0) return { state: 'fixed', versions }
  return { state: Object.hasOwn(fixStates, status) ? (fixStates[status] ?? 'unknown') : 'unknown', versions }
}

function toRatings(vulnerability: TrivyVulnerability): readonly SeverityRating[] {
  const ratings: SeverityRating[] = []
  const { SeveritySource: source, Severity: word } = vulnerability
  const counted = source === undefined ? undefined : severityOfWord(word ?? '')
  for (const [vendor, level] of Object.entries(vulnerability.VendorSeverity ?? {})) {
    // the counted severity may be the vendor's word for this very package; the map has the one for all packages
    if (vendor !== source || counted === undefined)
      ratings.push({ source: vendor, level: levels[level] ?? 'unknown' })
  }
  if (source !== undefined && counted !== undefined) ratings.push({ source, level: counted })
  for (const [vendor, cvss] of Object.entries(vulnerability.CVSS ?? {})) {
    for (const [vector, score] of [
      [cvss.V40Vector, cvss.V40Score],
      [cvss.V3Vector, cvss.V3Score],
      [cvss.V2Vector, cvss.V2Score],
    ] as const) {
      if (vector === undefined || vector === '') continue
      const rated = rateCvss(vector)
      if (rated !== undefined)
        ratings.push({ source: vendor, level: rated.level, score: rated.score, vector })
      else if (score !== undefined) ratings.push({ source: vendor, level: levelOfScore(score), score })
    }
  }
  return ratings
}
