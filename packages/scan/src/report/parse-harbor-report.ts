import * as z from 'zod'
import type { ScanReport } from '../scan-report.ts'
import { buildReport, parseReportJson } from './build-report.ts'
import type { ParseReportOptions } from './report-options.ts'
import type { ReportedFinding } from './reported-finding.ts'

const text = z.string().max(65_536)
const item = z.looseObject({
  id: text,
  package: text,
  version: text.nullish(),
  fix_version: text.nullish(),
  severity: text.nullish(),
  description: text.nullish(),
  links: z.array(text).nullish(),
  preferred_cvss: z
    .looseObject({
      score_v3: z.number().nullish(),
      score_v2: z.number().nullish(),
      vector_v3: text.nullish(),
      vector_v2: text.nullish(),
    })
    .nullish(),
})
const schema = z.looseObject({
  generated_at: text,
  artifact: z.looseObject({ digest: text.nullish() }),
  scanner: z.looseObject({ name: text, vendor: text.nullish(), version: text.nullish() }),
  vulnerabilities: z.array(item).nullable(),
})

/**
 * Reads a vulnerability report of Harbor's pluggable scanner API (`application/vnd.security.vulnerability.report`,
 * version 1.0 or 1.1). It does not list the packages that the scanner saw, so it is never `complete`.
 *
 * @throws {ScanError} `REPORT_INVALID`, `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`.
 */
export function parseHarborReport(
  input: string | Uint8Array | object,
  options: ParseReportOptions,
): ScanReport {
  const report = parseReportJson(input, schema, 'a report of a pluggable scanner', options)
  return buildReport(
    {
      scanner: { name: report.scanner.name.toLowerCase(), version: report.scanner.version ?? 'unknown' },
      subjects: report.artifact.digest ? [report.artifact.digest] : [],
      finishedAt: report.generated_at,
      data: [],
      gaps: [],
      findings: (report.vulnerabilities ?? []).map((one) =>
        toFinding(one, report.scanner.name.toLowerCase()),
      ),
    },
    options,
  )
}

function toFinding(
  {
    id,
    package: name,
    version,
    fix_version: fixed,
    severity,
    description,
    links,
    preferred_cvss: cvss,
  }: z.infer<typeof item>,
  source: string,
): ReportedFinding {
  const score = cvss?.score_v3 ?? cvss?.score_v2 ?? undefined
  const vector = cvss?.vector_v3 || cvss?.vector_v2 || undefined
  const versions = (fixed ?? '').split(',').flatMap((one) => one.trim() || [])
  return {
    id,
    package: { name, version: version ?? undefined },
    words: severity ? [{ source, word: severity }] : [],
    scores: score !== undefined || vector ? [{ source: 'nvd', score, vector }] : [],
    fix: versions.length > 0 ? { state: 'fixed', versions } : { state: 'unknown', versions: [] },
    title: description ?? undefined,
    url: links?.[0],
  }
}
