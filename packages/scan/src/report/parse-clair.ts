import * as z from 'zod'
import { ScanError } from '../errors.ts'
import type { ScanReport } from '../scan-report.ts'
import { buildReport, parseReportJson } from './build-report.ts'
import type { ParseReportOptions } from './report-options.ts'
import type { ReportedFinding, ReportedPackage } from './reported-finding.ts'

const text = z.string().max(65_536)
const mapOf = <T extends z.ZodType>(item: T) => z.record(text, item)
const packageSchema = z.looseObject({
  name: text,
  version: text.optional(),
  kind: text.optional(),
  arch: text.optional(),
  package_db: text.optional(),
  source: z.looseObject({ name: text.optional(), version: text.optional() }).nullish(),
})
const vulnerabilitySchema = z.looseObject({
  name: text,
  updater: text.optional(),
  description: text.optional(),
  issued: text.optional(),
  links: text.optional(),
  severity: text.optional(),
  normalized_severity: text.optional(),
  fixed_in_version: text.optional(),
})
const cvss = z.array(z.looseObject({ baseScore: z.number().optional(), vectorString: text.optional() }))
const schema = z.looseObject({
  manifest_hash: text,
  packages: mapOf(packageSchema),
  distributions: mapOf(z.looseObject({ did: text.optional(), version_id: text.optional() })).nullish(),
  environments: mapOf(
    z.array(z.looseObject({ package_db: text.optional(), distribution_id: text.optional() })),
  ).nullish(),
  vulnerabilities: mapOf(vulnerabilitySchema).nullish(),
  package_vulnerabilities: mapOf(z.array(text)).nullish(),
  enrichments: mapOf(z.array(z.unknown())).nullish(),
})
type Clair = z.infer<typeof schema>

/** Options of {@link parseClairReport}. */
export interface ParseClairOptions extends ParseReportOptions {
  /** ISO 8601 time at which Clair was asked; its report does not say. */
  readonly finishedAt: string
}

/**
 * Reads a vulnerability report of Clair v4 (`/matcher/api/v1/vulnerability_report/{digest}`). Give with `data` when its
 * updaters ran last: the report does not tell.
 *
 * @throws {ScanError} `REPORT_INVALID`, `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`.
 */
export function parseClairReport(
  input: string | Uint8Array | object,
  options: ParseClairOptions,
): ScanReport {
  const report = parseReportJson(input, schema, 'a vulnerability report of Clair v4', options)
  const [distribution, ...others] = Object.values(report.distributions ?? {})
  const distro =
    distribution?.did !== undefined && others.length === 0
      ? { id: distribution.did, versionId: distribution.version_id || undefined }
      : undefined
  return buildReport(
    {
      scanner: { name: 'clair', version: 'unknown' },
      subjects: [report.manifest_hash],
      finishedAt: options.finishedAt,
      data: [],
      packages: Object.entries(report.packages)
        .filter(([, { kind }]) => kind !== 'source')
        .map(([id, pkg]) => toPackage(pkg, report.environments?.[id]?.[0]?.package_db)),
      distro,
      gaps: [],
      findings: readFindings(report, options),
    },
    options,
  )
}

function toPackage(pkg: z.infer<typeof packageSchema>, database = pkg.package_db ?? ''): ReportedPackage {
  return {
    name: pkg.name,
    version: pkg.version,
    type: typeOfDatabase(database),
    arch: pkg.arch,
    isSource: pkg.kind === 'source',
  }
}

/** Clair names where it found a package, and languages with a prefix: `var/lib/dpkg/status`, `python:usr/lib/…`. */
function typeOfDatabase(database: string): string | undefined {
  const prefixes = { python: 'pypi', go: 'golang', maven: 'maven', nodejs: 'npm', ruby: 'gem', gem: 'gem' }
  const prefix = /^([a-z]+):/.exec(database)?.[1] ?? ''
  if (Object.hasOwn(prefixes, prefix)) return prefixes[prefix as keyof typeof prefixes]
  if (/dpkg/.test(database)) return 'deb'
  if (/apk/.test(database)) return 'apk'
  return /rpm/i.test(database) ? 'rpm' : undefined
}

const cveId = /\bCVE-\d{4}-\d{4,}\b/g

function readFindings(
  report: Clair,
  { name: scanner = 'clair', source = 'the report' }: ParseReportOptions,
): readonly ReportedFinding[] {
  const scores = readEnrichments(report.enrichments)
  const described = <T>(all: Readonly<Record<string, T>> | null | undefined, id: string): T => {
    const found = all && Object.hasOwn(all, id) ? all[id] : undefined
    if (found !== undefined) return found
    throw new ScanError('REPORT_INVALID', `${source}: names ${id.slice(0, 80)} and does not describe it`, {
      scanner,
    })
  }
  return Object.entries(report.package_vulnerabilities ?? {}).flatMap(([packageId, ids]) => {
    const pkg = described(report.packages, packageId)
    const reported = toPackage(pkg, report.environments?.[packageId]?.[0]?.package_db)
    return ids.flatMap((id) =>
      toFindings(described(report.vulnerabilities, id), reported, scores.get(id) ?? []),
    )
  })
}

/** The name is an id, or the title of an advisory with one or several ids in it. */
function toFindings(
  {
    name,
    updater = '',
    description,
    issued,
    links = '',
    severity,
    normalized_severity: level,
    fixed_in_version: fixed,
  }: z.infer<typeof vulnerabilitySchema>,
  reported: ReportedPackage,
  scores: ReportedFinding['scores'],
): readonly ReportedFinding[] {
  const cves = [...new Set(name.match(cveId) ?? [])]
  const source = updater.split(/[-/:]/)[0] || 'clair'
  // What Clair could not put on its scale is no word of the vendor's for nothing.
  const word = level && level !== 'Unknown' ? level : (severity ?? '')
  return (cves.length > 0 ? cves : [name.split(/\s/)[0] ?? name]).map((id) => ({
    id,
    aliases: [],
    package: reported,
    words: [{ source, word }],
    scores,
    fix: fixed ? { state: 'fixed', versions: [fixed] } : { state: 'not-fixed', versions: [] },
    title: description,
    url: links.split(/\s/)[0],
    published: issued,
  }))
}

function readEnrichments(enrichments: Clair['enrichments']): ReadonlyMap<string, ReportedFinding['scores']> {
  const scores = new Map<string, ReportedFinding['scores']>()
  for (const [type, list] of Object.entries(enrichments ?? {})) {
    if (!/cvss/i.test(type)) continue
    for (const entry of list) {
      if (typeof entry !== 'object' || entry === null) continue
      for (const [id, value] of Object.entries(entry)) {
        const parsed = cvss.safeParse(value)
        if (!parsed.success) continue
        scores.set(
          id,
          parsed.data.map(({ baseScore, vectorString }) => ({
            source: 'nvd',
            score: baseScore,
            vector: vectorString,
          })),
        )
      }
    }
  }
  return scores
}
