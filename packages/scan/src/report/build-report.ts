import { type Distro, isJudgedByOwner } from '@sallyport/inventory'
import * as z from 'zod'
import { ScanError } from '../errors.ts'
import type { Finding, SeverityRating, Weakness } from '../finding.ts'
import { parseDocument } from '../internal/parse-document.ts'
import { mergeFindings } from '../merge/merge-findings.ts'
import { packageKey } from '../merge/package-key.ts'
import type { ScanData, ScanGap, ScanReport } from '../scan-report.ts'
import { chooseSeverity } from '../severity/choose-severity.ts'
import { levelOfScore, rateCvss } from '../severity/rate-cvss.ts'
import { severityOfWord } from '../severity/severity-order.ts'
import type { ParseReportOptions } from './report-options.ts'
import type { ReportedFinding, ReportedPackage } from './reported-finding.ts'
import { createPackageResolver, type PackageResolver } from './resolve-packages.ts'

/** What a parser found in a report. */
export interface ReportContents {
  readonly scanner: { readonly name: string; readonly version: string }
  /** Digests that the report says to be about; empty when it names none. */
  readonly subjects: readonly string[]
  readonly startedAt?: string | undefined
  readonly finishedAt?: string | undefined
  readonly data: readonly ScanData[]
  /** All packages that the scanner saw; `undefined` when the report does not list them. */
  readonly packages?: readonly ReportedPackage[] | undefined
  readonly distro?: { readonly id: string; readonly versionId?: string | undefined } | undefined
  readonly gaps: readonly ScanGap[]
  readonly findings: readonly ReportedFinding[]
  readonly weaknesses?: readonly Weakness[] | undefined
  /** The scanner itself says that it could not judge this image, and why. */
  readonly unsupported?: string | undefined
}

/**
 * Parses the JSON of a report and checks its form.
 *
 * @throws {ScanError} `REPORT_INVALID`, `LIMIT_EXCEEDED`.
 */
export function parseReportJson<T>(
  input: string | Uint8Array | object,
  schema: z.ZodType<T>,
  form: string,
  { source = 'the report', maxBytes = 256 * 1024 * 1024, name }: ParseReportOptions,
): T {
  const value = parseDocument(input, { source, code: 'REPORT_INVALID', maxBytes, scanner: name })
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const problem = z.prettifyError(result.error).split('\n').slice(0, 4).join(' ').slice(0, 400)
  throw new ScanError('REPORT_INVALID', `${source}: not ${form}: ${problem}`, { scanner: name })
}

/**
 * Makes a report of what a parser found, bound to the image that was asked for.
 *
 * @throws {ScanError} `SUBJECT_MISMATCH` when it is about another image, or names none and nobody vouches for it.
 */
export function buildReport(contents: ReportContents, options: ParseReportOptions): ScanReport {
  const { subject, inventory, source = 'the report' } = options
  const scanner = { ...contents.scanner, name: options.name ?? contents.scanner.name }
  checkSubject(contents.subjects, options, source, scanner.name)
  const resolve = createPackageResolver(inventory)
  const gaps = [
    ...contents.gaps,
    ...findDistroGaps(contents, inventory.distro, scanner.name),
    ...findPackageGaps(contents, options, resolve, scanner.name),
  ]
  const unsupported = contents.unsupported !== undefined || contents.packages?.length === 0
  if (contents.unsupported !== undefined) {
    gaps.push({ code: 'DISTRO_UNSUPPORTED', message: contents.unsupported.slice(0, 500) })
  }
  const finishedAt = contents.finishedAt ?? contents.startedAt
  if (finishedAt === undefined || Number.isNaN(Date.parse(finishedAt))) {
    throw new ScanError('REPORT_INVALID', `${source} does not say when it was made`, {
      scanner: scanner.name,
    })
  }
  return {
    scanner,
    subject,
    startedAt: contents.startedAt ?? finishedAt,
    finishedAt,
    data: options.data ?? contents.data,
    status: unsupported ? 'unsupported' : gaps.length === 0 ? 'complete' : 'partial',
    distro: contents.distro,
    packagesSeen: contents.packages?.length,
    gaps,
    findings: mergeFindings(
      contents.findings.flatMap((finding) => toFindings(finding, resolve, scanner.name)),
    ),
    ...(contents.weaknesses && { weaknesses: contents.weaknesses }),
  }
}

function checkSubject(
  subjects: readonly string[],
  { subject, vouchedBy }: ParseReportOptions,
  source: string,
  scanner: string,
): void {
  if (subjects.includes(subject)) return
  if (subjects.length > 0) {
    const named = subjects.slice(0, 3).join(', ').slice(0, 300)
    throw new ScanError('SUBJECT_MISMATCH', `${source} is about ${named}, expected ${subject}`, { scanner })
  }
  if (vouchedBy === undefined || vouchedBy.trim() === '') {
    throw new ScanError(
      'SUBJECT_MISMATCH',
      `${source} names no digest: say with vouchedBy who knows that it is about ${subject}`,
      { scanner },
    )
  }
}

function findDistroGaps(
  { distro, packages }: ReportContents,
  own: Distro | undefined,
  scanner: string,
): readonly ScanGap[] {
  if (own === undefined || packages === undefined) return []
  if (distro === undefined) {
    return [{ code: 'DISTRO_UNKNOWN', message: `${scanner} does not know the distribution` }]
  }
  if (distro.id === own.id && isSameRelease(distro.versionId, own.versionId)) return []
  const name = ({ id, versionId }: { readonly id: string; readonly versionId?: string | undefined }) =>
    [id, versionId].filter(Boolean).join(' ').slice(0, 100)
  const message = `${scanner} took the image for ${name(distro)}, the inventory for ${name(own)}`
  return [{ code: 'DISTRO_UNKNOWN', message }]
}

/** A scanner may tell more of the release, or less: `12` and `12.5`. */
function isSameRelease(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined || one === other) return true
  return one.startsWith(`${other}.`) || other.startsWith(`${one}.`)
}

const systemTypes: ReadonlySet<string> = new Set(['deb', 'apk', 'rpm'])

function findPackageGaps(
  { packages }: ReportContents,
  { inventory }: ParseReportOptions,
  resolve: PackageResolver,
  scanner: string,
): readonly ScanGap[] {
  if (packages === undefined) {
    return [
      {
        code: 'PACKAGES_NOT_LISTED',
        message: `${scanner} does not say which packages it saw: what it did not report may not have been judged`,
      },
    ]
  }
  if (packages.length === 0) return [{ code: 'NO_PACKAGES', message: `${scanner} lists no package` }]
  const seen = new Set(packages.flatMap((reported) => resolve(reported).map(packageKey)))
  const gaps: ScanGap[] = []
  const unseen = new Map<string, string[]>()
  for (const pkg of inventory.packages) {
    if (isJudgedByOwner(pkg) || seen.has(packageKey(pkg))) continue
    const names = unseen.get(pkg.type) ?? []
    unseen.set(pkg.type, names)
    names.push(`${pkg.name} ${pkg.version}`)
  }
  const listed = new Set([...packages].map(({ type }) => type))
  for (const [type, names] of unseen) {
    // Of a language, a scanner may name a package in another way; of a distribution, each one counts.
    if (!systemTypes.has(type) && listed.has(type)) continue
    const message = `${scanner} does not list ${names.length} ${type} packages: ${names.slice(0, 5).join(', ')}`
    gaps.push({ code: 'NO_PACKAGES', message: message.slice(0, 500) })
  }
  return gaps
}

function toFindings(
  reported: ReportedFinding,
  resolve: PackageResolver,
  scanner: string,
): readonly Finding[] {
  const ratings = toRatings(reported)
  return resolve(reported.package).map((pkg): Finding => {
    return {
      id: reported.id,
      aliases: reported.aliases ?? [],
      package: pkg,
      severity: chooseSeverity(pkg.purl, ratings),
      ratings,
      fix: reported.fix,
      kev: reported.kev,
      suppressed: reported.suppressed,
      title: reported.title?.slice(0, 500),
      url: /^https?:\/\//.test(reported.url ?? '') ? reported.url : undefined,
      published: Number.isNaN(Date.parse(reported.published ?? '')) ? undefined : reported.published,
      scanners: [scanner],
    }
  })
}

function toRatings({ words, scores }: ReportedFinding): readonly SeverityRating[] {
  const ratings: SeverityRating[] = []
  for (const { source, word } of words) {
    const level = severityOfWord(word)
    if (level !== undefined) ratings.push({ source, level })
  }
  for (const { source, score, vector } of scores) {
    const rated = vector ? rateCvss(vector) : undefined
    if (rated) ratings.push({ source, level: rated.level, score: rated.score, vector })
    else if (score !== undefined && score >= 0 && score <= 10) {
      ratings.push({ source, level: levelOfScore(score), score })
    }
  }
  return ratings
}
