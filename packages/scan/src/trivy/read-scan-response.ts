import type { Package } from '@sallyport/inventory'
import { z } from 'zod'
import { ScanError } from '../errors.ts'
import type { TrivyReport, TrivyResult } from './trivy.schema.ts'

const text = z.string().max(65_536)
const severities = ['UNKNOWN', 'LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const
const severity = z.enum(severities)
/** Trivy's statuses, in the order of its own numbers. */
const statuses = [
  'unknown',
  'not_affected',
  'affected',
  'fixed',
  'under_investigation',
  'will_not_fix',
  'fix_deferred',
  'end_of_life',
]

const cvss = z.object({
  v2_vector: text.optional(),
  v3_vector: text.optional(),
  v40_vector: text.optional(),
  v2_score: z.number().optional(),
  v3_score: z.number().optional(),
  v40_score: z.number().optional(),
})

const vulnerability = z.object({
  vulnerability_id: text.min(1),
  pkg_id: text,
  fixed_version: text.optional(),
  title: text.optional(),
  severity: severity.optional(),
  severity_source: text.optional(),
  cvss: z.record(z.string(), cvss).optional(),
  primary_url: text.optional(),
  published_date: text.nullish(),
  vendor_severity: z.record(z.string(), severity).optional(),
  status: z.number().int().optional(),
})

/** `trivy.scanner.v1.ScanResponse` in protobuf's JSON, as far as it is read here. */
const scanResponseSchema = z.object({
  os: z.object({ family: text, name: text.optional(), eosl: z.boolean().optional() }).nullish(),
  results: z.array(
    z.object({
      target: text,
      class: text.optional(),
      type: text.optional(),
      packages: z.array(z.object({ id: text })).optional(),
      vulnerabilities: z.array(vulnerability).optional(),
    }),
  ),
})
type ScanResponse = z.infer<typeof scanResponseSchema>

/** What an answer is read against. */
export interface ReadScanResponseOptions {
  /** The packages that the server was given, by their ids. */
  readonly packages: ReadonlyMap<string, Package>
  readonly trivyVersion: string
  readonly scanner: string
}

/**
 * Reads the answer of Trivy's server into the form of Trivy's own report.
 *
 * @throws {ScanError} `REPORT_INVALID` when it is no such answer.
 * @throws {ScanError} `SUBJECT_MISMATCH` when it speaks of a package that it was not given: it answers another question.
 */
export function readScanResponse(value: unknown, options: ReadScanResponseOptions): TrivyReport {
  const { trivyVersion, scanner } = options
  const response = scanResponseSchema.safeParse(value)
  if (!response.success) {
    const problem = z.prettifyError(response.error).split('\n').slice(0, 4).join(' ').slice(0, 400)
    throw new ScanError('REPORT_INVALID', `not an answer of Trivy's server: ${problem}`, { scanner })
  }
  const { os, results } = response.data
  return {
    SchemaVersion: 2,
    Trivy: { Version: trivyVersion },
    Metadata: { OS: os ? { Family: os.family, Name: os.name, EOSL: os.eosl } : undefined },
    Results: results.map((result) => toResult(result, options)),
  }
}

function toResult(
  { target, class: resultClass, type, packages = [], vulnerabilities = [] }: ScanResponse['results'][number],
  { packages: sent, scanner }: ReadScanResponseOptions,
): TrivyResult {
  const packageOf = (id: string): Package => {
    const found = sent.get(id)
    if (found !== undefined) return found
    const named = JSON.stringify(id.slice(0, 100))
    throw new ScanError('SUBJECT_MISMATCH', `Trivy's server speaks of a package it was not given: ${named}`, {
      scanner,
    })
  }
  return {
    Target: target,
    Class: resultClass,
    Type: type,
    Packages: packages.map(({ id }) => {
      const { name, version, purl, arch, source } = packageOf(id)
      return {
        ID: id,
        Name: name,
        Version: version,
        Arch: arch,
        Identifier: { PURL: purl },
        SrcName: source?.name,
        SrcVersion: source?.version,
      }
    }),
    Vulnerabilities: vulnerabilities.map((found) => {
      const { name, version, purl } = packageOf(found.pkg_id)
      const { status, vendor_severity: vendorSeverity = {}, cvss: scores = {} } = found
      return {
        VulnerabilityID: found.vulnerability_id,
        PkgID: found.pkg_id,
        PkgName: name,
        PkgIdentifier: { PURL: purl },
        InstalledVersion: version,
        FixedVersion: found.fixed_version,
        Status: status === undefined ? undefined : statuses[status],
        SeveritySource: found.severity_source || undefined,
        Severity: found.severity,
        VendorSeverity: Object.fromEntries(
          Object.entries(vendorSeverity).map(([vendor, word]) => [vendor, severities.indexOf(word)]),
        ),
        CVSS: Object.fromEntries(
          Object.entries(scores).map(([vendor, score]) => [
            vendor,
            {
              V2Vector: score.v2_vector,
              V3Vector: score.v3_vector,
              V40Vector: score.v40_vector,
              V2Score: score.v2_score,
              V3Score: score.v3_score,
              V40Score: score.v40_score,
            },
          ]),
        ),
        Title: found.title || undefined,
        PrimaryURL: found.primary_url || undefined,
        PublishedDate: found.published_date ?? undefined,
      }
    }),
  }
}
