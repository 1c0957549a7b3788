import type { Digest } from '@sallyport/core'
import { ScanError } from '../errors.ts'
import { parseGrypeReport } from '../grype/parse-grype.ts'
import { parseDocument } from '../internal/parse-document.ts'
import { parseOsvScannerReport } from '../osv-scanner/parse-osv-scanner.ts'
import type { ScanReport } from '../scan-report.ts'
import { parseTrivyReport } from '../trivy/parse-trivy.ts'
import { parseArtifactAnalysis } from './parse-artifact-analysis.ts'
import { parseClairReport } from './parse-clair.ts'
import { parseCycloneDxReport } from './parse-cyclonedx-report.ts'
import { parseEcrFindings } from './parse-ecr.ts'
import { parseHarborReport } from './parse-harbor-report.ts'
import { parseSarif } from './parse-sarif.ts'
import { parseSnykReport } from './parse-snyk.ts'
import { recogniseReport } from './recognise-report.ts'
import type { ParseReportOptions } from './report-options.ts'

/** Options of {@link parseReport}. */
export interface ParseAnyReportOptions extends ParseReportOptions {
  /** ISO 8601 time at which the scanner started. Default: what the report says, else `finishedAt`. */
  readonly startedAt?: string | undefined
  /** ISO 8601 time at which the scanner ended; needed where the report does not say. */
  readonly finishedAt?: string | undefined
  /** Digest of the image's config, by which Trivy names images. Without it `vouchedBy` is needed. */
  readonly config?: Digest | undefined
  /** Diff ids of the image's layers, by which OSV-Scanner names images. */
  readonly diffIds?: readonly Digest[] | undefined
  /** Ecosystems that OSV-Scanner had data of. Default: none is known of, and packages of all are gaps. */
  readonly ecosystems?: ReadonlySet<string> | undefined
}

/**
 * Reads a report of any form that this package knows, recognised by its shape: JSON of Trivy, Grype, OSV-Scanner,
 * Clair, Snyk, ECR, Artifact Analysis, Harbor's scanner API, CycloneDX with vulnerabilities, SARIF. The same laws hold
 * as for the parser of that form. Of paged answers give a list of all pages.
 *
 * @throws {ScanError} `REPORT_INVALID` when it is of no known form, or breaks the rules of its own, or the time is
 * missing; `SUBJECT_MISMATCH`, `SCANNER_FAILED`, `LIMIT_EXCEEDED`.
 */
export function parseReport(input: string | Uint8Array | object, options: ParseAnyReportOptions): ScanReport {
  const { subject, inventory, source = 'the report', maxBytes = 256 * 1024 * 1024, name } = options
  const value = parseDocument(input, { source, code: 'REPORT_INVALID', maxBytes, scanner: name })
  const report = value as object
  const form = recogniseReport(value)
  const timed = (stated?: unknown) => {
    const said = typeof stated === 'string' ? stated : undefined
    const finishedAt = options.finishedAt ?? said
    if (finishedAt === undefined || Number.isNaN(Date.parse(finishedAt))) {
      const message = `${source} does not say when it was made: give finishedAt`
      throw new ScanError('REPORT_INVALID', message, { scanner: name })
    }
    return { startedAt: options.startedAt ?? finishedAt, finishedAt }
  }
  const pages = () => (Array.isArray(report) ? report : [report])
  switch (form) {
    case 'trivy': {
      const times = timed((report as { readonly CreatedAt?: unknown }).CreatedAt)
      const { config, vouchedBy, data = [] } = options
      return parseTrivyReport(textOf(report), { subject, inventory, config, vouchedBy, data, name, ...times })
    }
    case 'grype': {
      const { descriptor } = report as { readonly descriptor: { readonly timestamp?: unknown } }
      const { platform } = inventory
      const { data } = options
      const times = timed(descriptor.timestamp)
      return parseGrypeReport(textOf(report), { subject, platform, inventory, data, name, ...times })
    }
    case 'osv-scanner': {
      const { diffIds = [], ecosystems = new Set<string>(), data = [] } = options
      if (diffIds.length === 0) {
        const message = `${source} names its image by layers: give diffIds of ${subject}`
        throw new ScanError('SUBJECT_MISMATCH', message, { scanner: name })
      }
      const own = { subject, diffIds, inventory, ecosystems, data, name, ...timed() }
      return parseOsvScannerReport(textOf(report), own)
    }
    case 'clair':
      return parseClairReport(report, { ...options, ...timed() })
    case 'snyk':
      return parseSnykReport(report, { ...options, ...timed() })
    case 'cyclonedx':
      return parseCycloneDxReport(report, options)
    case 'sarif':
      return parseSarif(report, options)
    case 'ecr':
      return parseEcrFindings(pages(), options)
    case 'artifact-analysis':
      return parseArtifactAnalysis(pages(), options)
    case 'harbor':
      return parseHarborReport(report, options)
    case undefined:
      throw new ScanError('REPORT_INVALID', `${source} is of no known form`, { scanner: name })
  }
}

function textOf(report: object): string {
  return JSON.stringify(report)
}
