import { type Digest, isDigest } from '@sallyport/core'
import { PackageURL } from 'packageurl-js'
import { compareIds, isBundle, isCve } from '../advisories/advisory-ids.ts'
import { ownPackage, type PackageLookup } from '../engine/package-lookup.ts'
import type { EpssScore, Finding, FindingPackage, FixState, KevEntry, SeverityRating } from '../finding.ts'
import { chooseSeverity } from '../severity/choose-severity.ts'
import { rateCvss } from '../severity/rate-cvss.ts'
import { severityOfWord } from '../severity/severity-order.ts'
import type { GrypeIgnoredMatch, GrypeMatch, GrypeMetadata } from './grype.schema.ts'

const fixStates: Readonly<Record<string, FixState>> = {
  fixed: 'fixed',
  'not-fixed': 'not-fixed',
  'wont-fix': 'wont-fix',
}

/** Types that Grype calls by other names than purl. */
const types: Readonly<Record<string, string>> = {
  'go-module': 'golang',
  'java-archive': 'maven',
  python: 'pypi',
  'rust-crate': 'cargo',
  'php-composer': 'composer',
  dotnet: 'nuget',
}

/** Turns one match into a finding, or into one for each CVE of an advisory that bundles several. */
export function toFindings(match: GrypeMatch, lookup: PackageLookup, scanner: string): readonly Finding[] {
  const { id } = match.vulnerability
  const related = (match.relatedVulnerabilities ?? []).map((each) => each.id)
  const cves = [...new Set(related.filter(isCve))]
  if (isBundle(id) && cves.length > 0) return cves.map((cve) => toFinding(match, [cve], lookup, scanner))
  const ids = [...new Set([id, ...related.filter((each) => !isBundle(each))])].sort(compareIds)
  return [toFinding(match, ids, lookup, scanner)]
}

function toFinding(
  match: GrypeMatch,
  [id = match.vulnerability.id, ...aliases]: readonly string[],
  lookup: PackageLookup,
  scanner: string,
): Finding {
  const { vulnerability } = match
  const related = match.relatedVulnerabilities ?? []
  const pkg = toPackage(match, lookup)
  const ratings = [vulnerability, ...related].flatMap(toRatings)
  const chosen = chooseSeverity(pkg.purl, ratings)
  const { versions, state = '' } = vulnerability.fix ?? {}
  const url = vulnerability.dataSource ?? ''
  return {
    id,
    aliases,
    package: pkg,
    severity: chosen === 'unknown' ? (severityOfWord(vulnerability.severity ?? '') ?? 'unknown') : chosen,
    ratings,
    fix: {
      state: Object.hasOwn(fixStates, state) ? (fixStates[state] ?? 'unknown') : 'unknown',
      versions: versions ?? [],
      suggested: match.matchDetails?.find(({ fix }) => fix?.suggestedVersion)?.fix?.suggestedVersion,
      availableAt: firstAvailable(vulnerability.fix?.available ?? []),
    },
    kev: toKev(vulnerability),
    epss: toEpss(vulnerability),
    title: vulnerability.description?.slice(0, 500),
    url: /^https?:\/\//.test(url) ? url : undefined,
    scanners: [scanner],
  }
}

/** Turns a match that Grype set aside into findings that say so. */
export function toSuppressedFindings(
  match: GrypeIgnoredMatch,
  lookup: PackageLookup,
  scanner: string,
): readonly Finding[] {
  const rules = match.appliedIgnoreRules ?? []
  const vex = rules.find((rule) => rule['vex-status'] === 'not_affected' || rule['vex-status'] === 'fixed')
  const status = vex?.['vex-status']
  const reasons = rules.flatMap(({ reason }) => reason || [])
  return toFindings(match, lookup, scanner).map((finding) => ({
    ...finding,
    note: isKernelRule(match) ? 'kernel-not-shipped' : undefined,
    suppressed: {
      kind: 'scanner',
      status: status === 'not_affected' || status === 'fixed' ? status : 'ignored',
      justification: vex?.['vex-justification'] || undefined,
      statement: reasons.length === 0 ? undefined : reasons.join('; ').slice(0, 500),
      source: `${scanner}: ${vex === undefined ? 'ignore rule' : 'VEX document'}`,
    },
  }))
}

/** Grype's own rule: vulnerabilities of the kernel in packages that hold its headers alone. */
function isKernelRule({ artifact }: GrypeMatch): boolean {
  return (
    /^(?:linux-.*-headers|linux-headers|linux-libc-dev|kernel-headers)/.test(artifact.name) &&
    (artifact.upstreams ?? []).some(({ name }) => /^(?:linux|kernel)/.test(name))
  )
}

function toPackage({ artifact }: GrypeMatch, lookup: PackageLookup): FindingPackage {
  const location = artifact.locations?.[0]
  const layer = location?.layerID
  const [upstream] = artifact.upstreams ?? []
  return ownPackage(
    {
      ...reportedPackage(artifact),
      sourceName: upstream?.name,
      sourceVersion: upstream?.version,
      layer: layer !== undefined && isDigest(layer) ? (layer as Digest) : undefined,
      path: location?.path,
    },
    lookup,
  )
}

/** A package in Grype's own words; one without a purl gets one made of type, name and version. */
export function reportedPackage({
  name,
  version = '',
  type = 'generic',
  purl = '',
}: {
  readonly name: string
  readonly version?: string | undefined
  readonly type?: string | undefined
  readonly purl?: string | undefined
}): FindingPackage {
  const own = (Object.hasOwn(types, type) ? types[type] : undefined) ?? type
  try {
    const parsed = PackageURL.fromString(purl)
    const { namespace } = parsed
    const full =
      parsed.type === 'maven' && namespace
        ? `${namespace}:${parsed.name}`
        : ['npm', 'golang', 'composer'].includes(parsed.type) && namespace
          ? `${namespace}/${parsed.name}`
          : parsed.name
    return { purl, type: parsed.type, name: full, version }
  } catch {
    const path = name.split('/').map(encodeURIComponent).join('/')
    return { purl: `pkg:${own}/${path}@${encodeURIComponent(version)}`, type: own, name, version }
  }
}

/** The source of a rating by the first part of a namespace: `debian:distro:debian:12`; GitHub's has one name in all reports. */
function toRatings({ namespace = '', severity = '', cvss }: GrypeMetadata): readonly SeverityRating[] {
  const provider = namespace.split(':', 1)[0] || 'grype'
  const source = provider === 'github' ? 'ghsa' : provider
  const level = severityOfWord(severity)
  const ratings: SeverityRating[] = level === undefined || level === 'unknown' ? [] : [{ source, level }]
  for (const { source: own, vector = '' } of cvss ?? []) {
    const rated = rateCvss(vector)
    if (rated !== undefined)
      ratings.push({ source: own || source, level: rated.level, score: rated.score, vector })
  }
  return ratings
}

/** The earliest of the dates at which fixes could be had. */
function firstAvailable(available: readonly { readonly date?: string | undefined }[]): string | undefined {
  const dates = available.flatMap(({ date = '' }) => (Number.isNaN(Date.parse(date)) ? [] : [date]))
  return dates.sort((one, other) => Date.parse(one) - Date.parse(other))[0]
}

function toKev({ knownExploited }: GrypeMetadata): KevEntry | undefined {
  const entry = knownExploited?.find(({ dateAdded }) => dateAdded !== undefined)
  if (entry?.dateAdded === undefined) return undefined
  const ransomware = entry.knownRansomwareCampaignUse
  return {
    dateAdded: entry.dateAdded.slice(0, 10),
    dueDate: entry.dueDate?.slice(0, 10),
    ransomware: ransomware === undefined ? undefined : ransomware.toLowerCase() === 'known',
  }
}

function toEpss({ epss }: GrypeMetadata): EpssScore | undefined {
  const score = epss?.[0]
  return score && { probability: score.epss, percentile: score.percentile, date: score.date?.slice(0, 10) }
}
