import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { OsvRecord } from '@sallyport/scan'
import { type Advisory, listAdvisories, severityOf } from './list-advisories.ts'
import { toConstraint } from './version-intervals.ts'
import { type BoltBucket, writeBolt } from './write-bolt.ts'

/** How Trivy's buckets of an ecosystem start, and who is said to be the source. */
const languages: Readonly<Record<string, readonly [prefix: string, id: string, source: string]>> = {
  npm: ['npm', 'ghsa', 'GitHub Security Advisory Npm'],
  PyPI: ['pip', 'osv', 'Python Packaging Advisory Database'],
  Go: ['go', 'govulndb', 'The Go Vulnerability Database'],
  'crates.io': ['cargo', 'osv', 'RustSec Advisory Database'],
  Maven: ['maven', 'ghsa', 'GitHub Security Advisory Maven'],
  RubyGems: ['rubygems', 'ruby-advisory-db', 'Ruby Advisory Database'],
  Packagist: ['composer', 'php-security-advisories', 'PHP Security Advisories Database'],
}

const levels = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL']
/** Trivy's numbers of states; fixed versions need none. */
const affected = 2

/**
 * Writes `db/trivy.db` (schema 2) and `db/metadata.json` into a cache folder of Trivy, for
 * `--skip-db-update --cache-dir directory`.
 */
export async function writeTrivyDatabase(
  records: readonly OsvRecord[],
  directory: string,
  { updatedAt = new Date() }: { readonly updatedAt?: Date | undefined } = {},
): Promise<void> {
  const advisories: Record<string, Record<string, Record<string, Uint8Array>>> = {}
  const vulnerabilities: Record<string, Uint8Array> = {}
  const sources: Record<string, Uint8Array> = {}
  for (const advisory of listAdvisories(records)) {
    const { bucket, source, value } = toTrivy(advisory)
    sources[bucket] = json(source)
    const names = (advisories[bucket] ??= {})
    const ids = (names[normalizeName(advisory)] ??= {})
    ids[advisory.vulnerability] = json(value)
    vulnerabilities[advisory.vulnerability] = json(toDetails(advisory, source.ID))
  }
  const root: BoltBucket = { ...advisories, vulnerability: vulnerabilities, 'data-source': sources }
  await mkdir(join(directory, 'db'), { recursive: true })
  await writeBolt(join(directory, 'db/trivy.db'), root)
  const metadata = {
    Version: 2,
    UpdatedAt: updatedAt.toISOString(),
    NextUpdate: new Date(updatedAt.getTime() + 24 * 3_600_000).toISOString(),
    DownloadedAt: updatedAt.toISOString(),
  }
  await writeFile(join(directory, 'db/metadata.json'), json(metadata))
}

function toTrivy({ ecosystem, intervals, record }: Advisory) {
  const debian = /^Debian:(\d+)$/.exec(ecosystem)?.[1]
  const fixed = intervals.flatMap((interval) => interval.fixed ?? [])
  if (debian !== undefined) {
    return {
      bucket: `debian ${debian}`,
      source: { ID: 'debian', Name: 'Debian Security Tracker', URL: 'https://security-tracker.debian.org/' },
      value: { FixedVersion: fixed[0], Status: fixed.length === 0 ? affected : undefined },
    }
  }
  const language = languages[ecosystem]
  if (language === undefined) throw new Error(`no bucket of Trivy for ${ecosystem}`)
  const [prefix, id, source] = language
  return {
    bucket: `${prefix}::${source}`,
    source: { ID: id, Name: source, URL: 'https://osv.dev/' },
    value: {
      PatchedVersions: fixed,
      VulnerableVersions: intervals.map(toConstraint),
      VendorIDs: [record.id],
    },
  }
}

/** Trivy looks Python packages up in lower case with hyphens. */
function normalizeName({ ecosystem, name }: Advisory): string {
  return ecosystem === 'PyPI' ? name.toLowerCase().replaceAll('_', '-') : name
}

function toDetails({ record }: Advisory, source: string) {
  const severity = severityOf(record)
  const vectorOf = (scheme: string) => record.severity?.find(({ type }) => type === scheme)?.score
  const vectors = { V3Vector: vectorOf('CVSS_V3'), V40Vector: vectorOf('CVSS_V4') }
  return {
    Title: record.summary ?? undefined,
    Severity: severity,
    VendorSeverity: severity === 'UNKNOWN' ? undefined : { [source]: levels.indexOf(severity) },
    CVSS: Object.values(vectors).some((vector) => vector !== undefined) ? { [source]: vectors } : undefined,
    PublishedDate: record.published ?? undefined,
  }
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}
