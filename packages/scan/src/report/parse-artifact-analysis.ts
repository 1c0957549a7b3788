import * as z from 'zod'
import { ScanError } from '../errors.ts'
import type { ScanReport } from '../scan-report.ts'
import { buildReport, parseReportJson } from './build-report.ts'
import type { ParseReportOptions } from './report-options.ts'
import type { ReportedFinding } from './reported-finding.ts'

const text = z.string().max(65_536)
const version = z.looseObject({
  epoch: z.number().optional(),
  name: text.optional(),
  revision: text.optional(),
  kind: text.optional(),
  fullName: text.optional(),
})
const issue = z.looseObject({
  affectedPackage: text,
  affectedVersion: version.optional(),
  fixedVersion: version.optional(),
  packageType: text.optional(),
  fileLocation: z.array(z.looseObject({ filePath: text.optional() })).optional(),
})
type Issue = z.infer<typeof issue>
const occurrence = z.looseObject({
  resourceUri: text,
  kind: text,
  noteName: text.optional(),
  createTime: text.optional(),
  updateTime: text.optional(),
  vulnerability: z
    .looseObject({
      severity: text.optional(),
      effectiveSeverity: text.optional(),
      cvssScore: z.number().optional(),
      shortDescription: text.optional(),
      packageIssue: z.array(issue).optional(),
      vexAssessment: z.looseObject({ state: text.optional() }).optional(),
    })
    .optional(),
  discovery: z
    .looseObject({
      analysisStatus: text.optional(),
      lastScanTime: text.optional(),
      analysisStatusError: z.looseObject({ message: text.optional() }).optional(),
    })
    .optional(),
})
const schema = z.looseObject({
  occurrences: z.array(occurrence).optional(),
  nextPageToken: text.nullish(),
})

/** Package types by the names of Artifact Analysis. */
const types: ReadonlyMap<string, string> = new Map([
  ['OS', ''],
  ['MAVEN', 'maven'],
  ['GO', 'golang'],
  ['GO_STDLIB', 'golang'],
  ['PYPI', 'pypi'],
  ['NPM', 'npm'],
  ['NUGET', 'nuget'],
  ['RUBYGEMS', 'gem'],
  ['RUST', 'cargo'],
  ['COMPOSER', 'composer'],
])

/**
 * Reads occurrences of Google's Artifact Analysis for one image (`projects.occurrences.list`, filtered by
 * `resourceUrl`): all pages of it, in order, with the `DISCOVERY` occurrence that says how the scan ended. It does not
 * list the packages that it saw, so it is never `complete`.
 *
 * @throws {ScanError} `SCANNER_FAILED` when no discovery says `FINISHED_SUCCESS`: no verdict.
 * @throws {ScanError} `REPORT_INVALID`, also when a page is missing; `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`.
 */
export function parseArtifactAnalysis(
  pages: readonly (string | Uint8Array | object)[],
  options: ParseReportOptions,
): ScanReport {
  const scanner = options.name ?? 'artifact-analysis'
  const answers = pages.map((page) => parseReportJson(page, schema, 'a list of occurrences', options))
  if (answers.length === 0 || answers.at(-1)?.nextPageToken) {
    throw new ScanError('REPORT_INVALID', 'a page of occurrences is missing', { scanner })
  }
  const occurrences = answers.flatMap((answer) => answer.occurrences ?? [])
  const discoveries = occurrences.filter(({ kind }) => kind === 'DISCOVERY')
  const finished = discoveries.filter(({ discovery }) => discovery?.analysisStatus === 'FINISHED_SUCCESS')
  const other = discoveries.find((one) => !finished.includes(one))?.discovery
  if (finished.length === 0 || other !== undefined) {
    const state = other?.analysisStatus ?? 'not there'
    const why = other?.analysisStatusError?.message?.slice(0, 200)
    throw new ScanError('SCANNER_FAILED', `the analysis is ${state.slice(0, 40)}${why ? `: ${why}` : ''}`, {
      scanner,
      retryable: state === 'PENDING' || state === 'SCANNING',
    })
  }
  const times = finished.flatMap(({ discovery, updateTime }) => discovery?.lastScanTime ?? updateTime ?? [])
  const scannedAt = times.toSorted((a, b) => Date.parse(a) - Date.parse(b))[0]
  return buildReport(
    {
      scanner: { name: 'artifact-analysis', version: 'unknown' },
      // All of them must be about the image: one that is not was asked for wrongly.
      subjects: onlyDigest(occurrences.map(({ resourceUri }) => resourceUri)),
      finishedAt: scannedAt,
      data: [{ name: 'artifact-analysis', updatedAt: scannedAt }],
      gaps: [],
      findings: occurrences.flatMap(toFindings),
    },
    options,
  )
}

function onlyDigest(uris: readonly string[]): readonly string[] {
  const digests = new Set(uris.map((uri) => uri.slice(uri.lastIndexOf('@') + 1)))
  return digests.size === 1 ? [...digests] : [[...digests].join(' and ')]
}

function toFindings({
  noteName = '',
  vulnerability,
  createTime,
}: z.infer<typeof occurrence>): readonly ReportedFinding[] {
  if (vulnerability === undefined) return []
  const id = noteName.slice(noteName.lastIndexOf('/') + 1)
  const {
    effectiveSeverity = '',
    severity = '',
    cvssScore: score,
    vexAssessment,
    shortDescription,
  } = vulnerability
  const state = vexAssessment?.state
  const { packageIssue: issues = [] } = vulnerability
  // a finding that names no package counts all the same
  return (issues.length > 0 ? issues : [{ affectedPackage: 'unknown' }]).map(
    (one: Issue): ReportedFinding => {
      const fixed = one.fixedVersion?.kind === 'MAXIMUM' ? undefined : toVersion(one.fixedVersion)
      const path = one.fileLocation?.[0]?.filePath
      return {
        id,
        package: {
          name: one.affectedPackage,
          version: toVersion(one.affectedVersion),
          type: types.get(one.packageType ?? '') || undefined,
          path: path === undefined ? undefined : `/${path.replace(/^\//, '')}`,
        },
        words: [
          { source: 'artifact-analysis', word: effectiveSeverity },
          { source: 'nvd', word: severity },
        ],
        scores: score === undefined ? [] : [{ source: 'nvd', score }],
        fix:
          fixed === undefined ? { state: 'not-fixed', versions: [] } : { state: 'fixed', versions: [fixed] },
        title: shortDescription,
        published: createTime,
        ...((state === 'NOT_AFFECTED' || state === 'FIXED') && {
          suppressed: {
            kind: 'scanner' as const,
            status: state === 'FIXED' ? ('fixed' as const) : ('not_affected' as const),
            source: 'VEX assessment of Artifact Analysis',
          },
        }),
      }
    },
  )
}

function toVersion(given: z.infer<typeof version> | undefined): string | undefined {
  if (given === undefined) return undefined
  if (given.fullName) return given.fullName
  if (!given.name) return undefined
  return `${given.epoch ? `${given.epoch}:` : ''}${given.name}${given.revision ? `-${given.revision}` : ''}`
}
