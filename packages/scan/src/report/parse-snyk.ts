import * as z from 'zod'
import { ScanError } from '../errors.ts'
import type { ScanReport } from '../scan-report.ts'
import { buildReport, parseReportJson } from './build-report.ts'
import type { ParseReportOptions } from './report-options.ts'
import type { ReportedFinding } from './reported-finding.ts'

const text = z.string().max(65_536)
const vulnerability = z.looseObject({
  id: text,
  title: text.optional(),
  packageName: text.optional(),
  name: text.optional(),
  version: text,
  severity: text.optional(),
  severityWithCritical: text.optional(),
  cvssScore: z.number().nullish(),
  CVSSv3: text.nullish(),
  identifiers: z.looseObject({ CVE: z.array(text).optional(), GHSA: z.array(text).optional() }).optional(),
  nearestFixedInVersion: text.optional(),
  fixedIn: z.array(text).optional(),
  publicationTime: text.optional(),
})
const result = z.looseObject({
  ok: z.boolean().optional(),
  error: text.optional(),
  vulnerabilities: z.array(vulnerability).optional(),
  packageManager: text.optional(),
  dependencyCount: z.number().optional(),
  isPrivate: z.boolean().optional(),
  docker: z.unknown().optional(),
  filesystemPolicy: z.boolean().optional(),
  filtered: z
    .looseObject({ ignore: z.array(vulnerability).optional(), patch: z.array(z.unknown()).optional() })
    .optional(),
})
const image = result.extend({ applications: z.array(result).optional() })
const schema = z.union([z.array(image).min(1), image])
type Result = z.infer<typeof result>
type Vulnerability = z.infer<typeof vulnerability>

/** Package types by Snyk's names of package managers. */
const managers: ReadonlyMap<string, string> = new Map([
  ['deb', 'deb'],
  ['apk', 'apk'],
  ['rpm', 'rpm'],
  ['npm', 'npm'],
  ['yarn', 'npm'],
  ['pnpm', 'npm'],
  ['pip', 'pypi'],
  ['poetry', 'pypi'],
  ['maven', 'maven'],
  ['gradle', 'maven'],
  ['gomodules', 'golang'],
  ['golangdep', 'golang'],
  ['rubygems', 'gem'],
  ['composer', 'composer'],
  ['nuget', 'nuget'],
])

/** Options of {@link parseSnykReport}. */
export interface ParseSnykOptions extends ParseReportOptions {
  /** ISO 8601 time at which Snyk ended; its report does not say. */
  readonly finishedAt: string
}

/**
 * Reads what `snyk container test --json` prints. It names no digest, so `vouchedBy` is needed, and it does not list
 * the packages that it saw, so it is never `complete`. What a `.snyk` policy took out is kept, as suppressed.
 *
 * @throws {ScanError} `REPORT_INVALID`, also for a result that is an error; `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`.
 */
export function parseSnykReport(input: string | Uint8Array | object, options: ParseSnykOptions): ScanReport {
  const report = parseReportJson(input, schema, 'a result of snyk container test', options)
  const images = Array.isArray(report) ? report : [report]
  const results = images.flatMap((each): readonly Result[] => [each, ...(each.applications ?? [])])
  const failed = results.find(
    ({ error, vulnerabilities }) => error !== undefined || vulnerabilities === undefined,
  )
  if (failed !== undefined) {
    throw new ScanError(
      'REPORT_INVALID',
      `Snyk gave no result: ${(failed.error ?? 'no list of vulnerabilities').slice(0, 300)}`,
      {
        scanner: options.name ?? 'snyk',
      },
    )
  }
  return buildReport(
    {
      scanner: { name: 'snyk', version: 'unknown' },
      subjects: [],
      finishedAt: options.finishedAt,
      data: [{ name: 'snyk', updatedAt: options.finishedAt }],
      gaps: [],
      findings: results.flatMap(({ vulnerabilities = [], filtered, packageManager = '' }) => {
        const type = managers.get(packageManager)
        return [
          ...vulnerabilities.map((one) => toFinding(one, type, false)),
          ...(filtered?.ignore ?? []).map((one) => toFinding(one, type, true)),
        ]
      }),
      unsupported: results.every(({ dependencyCount }) => dependencyCount === 0)
        ? 'snyk saw no package'
        : undefined,
    },
    options,
  )
}

function toFinding(found: Vulnerability, type: string | undefined, ignored: boolean): ReportedFinding {
  const { id, identifiers, version, severity, severityWithCritical, cvssScore, CVSSv3: vector } = found
  const name = found.packageName ?? found.name ?? ''
  const isSystem = type === 'deb' || type === 'apk' || type === 'rpm'
  // Packages of a distribution are named `source/binary`.
  const slash = isSystem ? name.lastIndexOf('/') : -1
  const ids = [...(identifiers?.CVE ?? []), ...(identifiers?.GHSA ?? [])]
  const [cve, ...others] = [...ids, id]
  const fixed = found.nearestFixedInVersion ? [found.nearestFixedInVersion] : (found.fixedIn ?? [])
  return {
    id: cve ?? id,
    aliases: others,
    package: { name: name.slice(slash + 1), version, type },
    words: [{ source: 'snyk', word: severityWithCritical ?? severity ?? '' }],
    scores:
      vector || cvssScore != null
        ? [{ source: 'snyk', score: cvssScore ?? undefined, vector: vector ?? undefined }]
        : [],
    fix: { state: fixed.length > 0 ? 'fixed' : 'not-fixed', versions: fixed },
    title: found.title,
    url: `https://security.snyk.io/vuln/${encodeURIComponent(id)}`,
    published: found.publicationTime,
    ...(ignored && {
      suppressed: { kind: 'scanner' as const, status: 'ignored' as const, source: 'Snyk policy' },
    }),
  }
}
