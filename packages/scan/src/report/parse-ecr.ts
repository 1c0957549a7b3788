import * as z from 'zod'
import { ScanError } from '../errors.ts'
import type { ScanReport } from '../scan-report.ts'
import { buildReport, parseReportJson } from './build-report.ts'
import type { ParseReportOptions } from './report-options.ts'
import type { ReportedFinding } from './reported-finding.ts'

const text = z.string().max(65_536)
/** The API gives seconds since the epoch, the command line ISO 8601. */
const time = z.union([text, z.number()]).transform((value) => {
  const date = new Date(typeof value === 'number' ? value * 1000 : value)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
})
const basic = z.looseObject({
  name: text,
  description: text.optional(),
  uri: text.optional(),
  severity: text.optional(),
  attributes: z.array(z.looseObject({ key: text, value: text.optional() })).optional(),
})
const vulnerablePackage = z.looseObject({
  name: text,
  version: text,
  epoch: z.number().optional(),
  release: text.optional(),
  arch: text.optional(),
  packageManager: text.optional(),
  filePath: text.optional(),
  fixedInVersion: text.optional(),
})
const enhanced = z.looseObject({
  type: text.optional(),
  severity: text.optional(),
  status: text.optional(),
  title: text.optional(),
  packageVulnerabilityDetails: z
    .looseObject({
      vulnerabilityId: text,
      relatedVulnerabilities: z.array(text).optional(),
      source: text.optional(),
      sourceUrl: text.optional(),
      vendorSeverity: text.optional(),
      vendorCreatedAt: time.optional(),
      cvss: z
        .array(
          z.looseObject({
            baseScore: z.number().optional(),
            scoringVector: text.optional(),
            source: text.optional(),
          }),
        )
        .optional(),
      vulnerablePackages: z.array(vulnerablePackage).optional(),
    })
    .optional(),
})
const schema = z.looseObject({
  imageId: z.looseObject({ imageDigest: text.optional() }).optional(),
  imageScanStatus: z.looseObject({ status: text, description: text.optional() }),
  imageScanFindings: z
    .looseObject({
      imageScanCompletedAt: time.optional(),
      vulnerabilitySourceUpdatedAt: time.optional(),
      findings: z.array(basic).optional(),
      enhancedFindings: z.array(enhanced).optional(),
    })
    .optional(),
  nextToken: text.nullish(),
})

/** Package types by Inspector's names of package managers. */
const managers: ReadonlyMap<string, string> = new Map([
  ['OS', ''],
  ['BUNDLER', 'gem'],
  ['CARGO', 'cargo'],
  ['COMPOSER', 'composer'],
  ['GOBINARY', 'golang'],
  ['GOMOD', 'golang'],
  ['JAR', 'maven'],
  ['POM', 'maven'],
  ['NODEPKG', 'npm'],
  ['NPM', 'npm'],
  ['YARN', 'npm'],
  ['PNPM', 'npm'],
  ['NUGET', 'nuget'],
  ['DOTNET', 'nuget'],
  ['PYTHONPKG', 'pypi'],
  ['PIP', 'pypi'],
  ['PIPENV', 'pypi'],
  ['POETRY', 'pypi'],
])

/**
 * Reads the answer of Amazon ECR's `DescribeImageScanFindings`, basic or enhanced (Inspector): all pages of it, in
 * order. It does not list the packages that it saw, so it is never `complete`.
 *
 * @throws {ScanError} `SCANNER_FAILED` when the scan is in another state than `COMPLETE` or `ACTIVE`: no verdict.
 * @throws {ScanError} `REPORT_INVALID`, also when a page is missing; `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`.
 */
export function parseEcrFindings(
  pages: readonly (string | Uint8Array | object)[],
  options: ParseReportOptions,
): ScanReport {
  const scanner = options.name ?? 'ecr'
  const answers = pages.map((page) =>
    parseReportJson(page, schema, 'an answer of DescribeImageScanFindings', options),
  )
  const last = answers.at(-1)
  if (last === undefined) throw new ScanError('REPORT_INVALID', 'no page of findings', { scanner })
  for (const {
    imageScanStatus: { status, description },
  } of answers) {
    if (status === 'COMPLETE' || status === 'ACTIVE') continue
    const waiting = status === 'IN_PROGRESS' || status === 'PENDING'
    const why = description === undefined ? '' : `: ${description.slice(0, 200)}`
    throw new ScanError('SCANNER_FAILED', `the scan in ECR is ${status.slice(0, 40)}${why}`, {
      scanner,
      retryable: waiting,
    })
  }
  if (last.nextToken)
    throw new ScanError('REPORT_INVALID', 'a page of findings is missing after the last one', { scanner })
  const subjects = [...new Set(answers.flatMap(({ imageId }) => imageId?.imageDigest ?? []))]
  if (subjects.length > 1)
    throw new ScanError('REPORT_INVALID', 'the pages of findings are about several images', { scanner })
  const results = answers.map(({ imageScanFindings }) => imageScanFindings ?? {})
  const findings = results.flatMap(({ findings: own = [] }) => own)
  const inspected = results.flatMap(({ enhancedFindings = [] }) => enhancedFindings)
  if (inspected.some((one) => one.type === 'PACKAGE_VULNERABILITY' && !one.packageVulnerabilityDetails))
    throw new ScanError('REPORT_INVALID', 'a finding of a package says nothing of it', { scanner })
  const isEnhanced = results.some(({ enhancedFindings }) => enhancedFindings !== undefined)
  const first = <T>(read: (result: (typeof results)[number]) => T | undefined) =>
    results.map(read).find((one) => one !== undefined)
  const completedAt = first(({ imageScanCompletedAt }) => imageScanCompletedAt)
  const updatedAt = first(({ vulnerabilitySourceUpdatedAt }) => vulnerabilitySourceUpdatedAt)
  return buildReport(
    {
      scanner: { name: isEnhanced ? 'inspector' : 'ecr', version: 'unknown' },
      subjects,
      finishedAt: completedAt ?? updatedAt,
      data: [{ name: isEnhanced ? 'inspector' : 'ecr', updatedAt }],
      gaps: isEnhanced
        ? []
        : [
            {
              code: 'NO_ADVISORIES',
              message: 'basic scanning of ECR judges packages of the distribution only',
            },
          ],
      findings: [...findings.map(toBasicFinding), ...inspected.flatMap(toEnhancedFindings)],
    },
    options,
  )
}

function toBasicFinding({
  name: id,
  description,
  uri,
  severity = '',
  attributes = [],
}: z.infer<typeof basic>): ReportedFinding {
  const read = (key: string) => attributes.find((one) => one.key === key)?.value
  const vector = read('CVSS3_VECTOR') ?? read('CVSS2_VECTOR')
  const score = Number(read('CVSS3_SCORE') ?? read('CVSS2_SCORE') ?? Number.NaN)
  return {
    id,
    package: { name: read('package_name') ?? '', version: read('package_version') },
    words: [{ source: 'ecr', word: severity }],
    scores:
      vector || !Number.isNaN(score)
        ? [{ source: 'nvd', vector, score: Number.isNaN(score) ? undefined : score }]
        : [],
    fix: { state: 'unknown', versions: [] },
    title: description,
    url: uri,
  }
}

/** Stands for the package of a finding that names none: it counts all the same. */
const unknownPackage: z.infer<typeof vulnerablePackage> = { name: 'unknown', version: '' }

function toEnhancedFindings({
  packageVulnerabilityDetails: details,
  severity = '',
  status,
  title,
}: z.infer<typeof enhanced>): readonly ReportedFinding[] {
  if (details === undefined || status === 'CLOSED') return []
  const packages = details.vulnerablePackages ?? []
  const source = (details.source ?? 'inspector').toLowerCase()
  return (packages.length > 0 ? packages : [unknownPackage]).map((pkg): ReportedFinding => {
    const type = managers.get(pkg.packageManager ?? '')
    const fixed = pkg.fixedInVersion && pkg.fixedInVersion !== 'NotAvailable' ? [pkg.fixedInVersion] : []
    const epoch = pkg.epoch ? `${pkg.epoch}:` : ''
    const release = pkg.release ? `-${pkg.release}` : ''
    return {
      id: details.vulnerabilityId,
      aliases: aliasesOf(details.vulnerabilityId, details.relatedVulnerabilities ?? []),
      package: {
        name: pkg.name,
        version: `${epoch}${pkg.version}${release}`,
        type: type || undefined,
        path: pkg.filePath === undefined ? undefined : `/${pkg.filePath.replace(/^\//, '')}`,
      },
      words: [
        ...(details.vendorSeverity ? [{ source, word: details.vendorSeverity }] : []),
        { source: 'inspector', word: severity },
      ],
      scores: (details.cvss ?? []).map(({ baseScore, scoringVector, source: by = 'nvd' }) => ({
        source: by.toLowerCase(),
        score: baseScore,
        vector: scoringVector,
      })),
      fix: { state: fixed.length > 0 ? 'fixed' : 'not-fixed', versions: fixed },
      title,
      url: details.sourceUrl,
      published: details.vendorCreatedAt,
      ...(status === 'SUPPRESSED' && {
        suppressed: {
          kind: 'scanner' as const,
          status: 'ignored' as const,
          source: 'suppression rule of Inspector',
        },
      }),
    }
  })
}

/** Related is not the same: only what one CVE and one GHSA id say of each other is. */
function aliasesOf(id: string, related: readonly string[]): readonly string[] {
  const other = id.startsWith('CVE-') ? /^GHSA-/ : id.startsWith('GHSA-') ? /^CVE-/ : undefined
  const found = other === undefined ? [] : related.filter((one) => other.test(one))
  return found.length === 1 ? found : []
}
