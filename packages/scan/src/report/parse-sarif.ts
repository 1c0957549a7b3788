import * as z from 'zod'
import { ScanError } from '../errors.ts'
import type { Severity, Weakness } from '../finding.ts'
import type { ScanReport } from '../scan-report.ts'
import { levelOfScore } from '../severity/rate-cvss.ts'
import { buildReport, parseReportJson } from './build-report.ts'
import type { ParseReportOptions } from './report-options.ts'
import type { ReportedFinding } from './reported-finding.ts'

const text = z.string().max(1_000_000)
const message = z.looseObject({ text: text.optional() })
const rule = z.looseObject({
  id: text,
  name: text.optional(),
  shortDescription: message.optional(),
  helpUri: text.optional(),
  help: message.optional(),
  properties: z
    .looseObject({ 'security-severity': text.optional(), tags: z.array(text).optional() })
    .optional(),
})
const result = z.looseObject({
  ruleId: text.optional(),
  ruleIndex: z.number().optional(),
  level: text.optional(),
  message: message.optional(),
  suppressions: z.array(z.looseObject({ status: text.optional() })).optional(),
  locations: z
    .array(
      z.looseObject({
        physicalLocation: z
          .looseObject({
            artifactLocation: z.looseObject({ uri: text.optional() }).optional(),
            region: z
              .looseObject({ startLine: z.number().optional(), endLine: z.number().optional() })
              .optional(),
          })
          .optional(),
      }),
    )
    .optional(),
})
const schema = z.looseObject({
  version: z.literal('2.1.0'),
  runs: z
    .array(
      z.looseObject({
        tool: z.looseObject({
          driver: z.looseObject({
            name: text,
            version: text.optional(),
            semanticVersion: text.optional(),
            rules: z.array(rule).optional(),
          }),
        }),
        invocations: z
          .array(z.looseObject({ executionSuccessful: z.boolean().optional(), endTimeUtc: text.optional() }))
          .optional(),
        results: z.array(result).nullish(),
        properties: z.looseObject({ repoDigests: z.array(text).nullish() }).optional(),
      }),
    )
    .min(1),
})
type Rule = z.infer<typeof rule>
type Result = z.infer<typeof result>

/** Options of {@link parseSarif}. */
export interface ParseSarifOptions extends ParseReportOptions {
  /** ISO 8601 time at which the scanner ended, for reports that do not say. */
  readonly finishedAt?: string | undefined
}

/**
 * Reads SARIF 2.1.0 as Trivy, Grype, Snyk and Docker Scout write it. It has neither purls nor layers, and package names
 * and versions only within messages: such a report is never `complete` (`LOSSY_INPUT`), and should not be the only one.
 * Secrets and misconfiguration become weaknesses.
 *
 * @throws {ScanError} `SCANNER_FAILED` when it says that the run was not successful, or has no results.
 * @throws {ScanError} `REPORT_INVALID`, `SUBJECT_MISMATCH`, `LIMIT_EXCEEDED`.
 */
export function parseSarif(input: string | Uint8Array | object, options: ParseSarifOptions): ScanReport {
  const { runs } = parseReportJson(input, schema, 'SARIF 2.1.0', options)
  const [first] = runs
  const name = (options.name ?? first?.tool.driver.name ?? 'sarif').toLowerCase().slice(0, 64)
  const findings: ReportedFinding[] = []
  const weaknesses: Weakness[] = []
  for (const { tool, results, invocations = [] } of runs) {
    if (results == null || invocations.some(({ executionSuccessful }) => executionSuccessful === false)) {
      throw new ScanError('SCANNER_FAILED', 'the SARIF report says that the run failed, or has no results', {
        scanner: name,
      })
    }
    const rules = new Map((tool.driver.rules ?? []).map((one) => [one.id, one]))
    for (const one of results) {
      const described = rules.get(one.ruleId ?? '') ?? tool.driver.rules?.[one.ruleIndex ?? -1]
      const kind = kindOf(one.ruleId ?? described?.id ?? '', described)
      if (kind === 'vulnerability') findings.push(toFinding(one, described, name))
      else weaknesses.push(toWeakness(one, described, kind, name))
    }
  }
  return buildReport(
    {
      scanner: {
        name,
        version: first?.tool.driver.version ?? first?.tool.driver.semanticVersion ?? 'unknown',
      },
      subjects: runs.flatMap(({ properties }) =>
        (properties?.repoDigests ?? []).map((one) => one.slice(one.lastIndexOf('@') + 1)),
      ),
      finishedAt: options.finishedAt ?? first?.invocations?.at(-1)?.endTimeUtc,
      data: [],
      gaps: [
        { code: 'LOSSY_INPUT', message: 'SARIF does not tell packages and fixes apart from its messages' },
      ],
      findings,
      ...(weaknesses.length > 0 && { weaknesses }),
    },
    options,
  )
}

/** By the words of a rule that are nothing else: a package may be named `libsecret`. */
function kindOf(id: string, described: Rule | undefined): 'vulnerability' | Weakness['kind'] {
  if (ids.test(id)) return 'vulnerability'
  const words = [described?.name ?? '', ...(described?.properties?.tags ?? [])]
  const is = (pattern: RegExp) => words.some((word) => pattern.test(word))
  if (is(/^secrets?$/i)) return 'secret'
  if (is(/^misconfig(?:uration)?s?$/i)) return 'misconfiguration'
  return is(/^licen[cs]es?$/i) ? 'license' : 'vulnerability'
}

/** What is rejected or not decided yet suppresses nothing (SARIF 2.1.0, section 3.27.23). */
function isSuppressed({ suppressions = [] }: Result): boolean {
  return suppressions.length > 0 && suppressions.every(({ status = 'accepted' }) => status === 'accepted')
}

/** `Package: x`, `Installed Version: 1`, `Fixed Version: 2`, each on a line of its own. */
function readLine(content: string, label: string): string | undefined {
  for (const line of content.split('\n')) {
    const trimmed = line.trim()
    if (trimmed.toLowerCase().startsWith(`${label}:`))
      return trimmed.slice(label.length + 1).trim() || undefined
  }
  return undefined
}

const ids = /\b(?:CVE-\d{4}-\d{4,}|GHSA(?:-[0-9a-z]{4}){3})\b/

function toFinding(one: Result, described: Rule | undefined, name: string): ReportedFinding {
  const content = [one.message?.text, described?.help?.text].filter(Boolean).join('\n')
  const ruleId = one.ruleId ?? described?.id ?? 'unknown'
  const fixed = readLine(content, 'fixed version') ?? readLine(content, 'fix version')
  const versions = fixed === undefined ? [] : fixed.split(',').flatMap((version) => version.trim() || [])
  const { word, score } = severityOf(one, described)
  return {
    // Grype's rule is the id with the package behind it.
    id: ids.exec(ruleId)?.[0] ?? ruleId,
    package: {
      name: readLine(content, 'package') ?? readLine(content, 'package name') ?? 'unknown',
      version:
        readLine(content, 'installed version') ??
        readLine(content, 'version') ??
        readLine(content, 'package version'),
    },
    words: word === undefined ? [] : [{ source: name, word }],
    scores: score === undefined ? [] : [{ source: name, score }],
    fix: versions.length > 0 ? { state: 'fixed', versions } : { state: 'unknown', versions: [] },
    title: described?.shortDescription?.text,
    url: described?.helpUri,
    ...(isSuppressed(one) && {
      suppressed: {
        kind: 'scanner' as const,
        status: 'ignored' as const,
        source: 'suppressions of the SARIF report',
      },
    }),
  }
}

function severityOf(one: Result, described: Rule | undefined) {
  const content = [one.message?.text, described?.help?.text].filter(Boolean).join('\n')
  const score = Number(described?.properties?.['security-severity'] ?? Number.NaN)
  const word =
    readLine(content, 'severity') ??
    described?.properties?.tags?.find((tag) => /^(?:critical|high|medium|low|negligible)$/i.test(tag))
  return { word, score: Number.isNaN(score) || score === 0 ? undefined : score }
}

const levels: Readonly<Record<string, Severity>> = {
  error: 'high',
  warning: 'medium',
  note: 'low',
  none: 'negligible',
}

function toWeakness(
  one: Result,
  described: Rule | undefined,
  kind: Weakness['kind'],
  scanner: string,
): Weakness {
  const place = one.locations?.[0]?.physicalLocation
  const { score } = severityOf(one, described)
  const level = one.level ?? 'warning'
  const id = one.ruleId ?? described?.id ?? 'unknown'
  return {
    kind,
    id,
    severity:
      score === undefined ? (Object.hasOwn(levels, level) ? levels[level]! : 'unknown') : levelOfScore(score),
    title: described?.shortDescription?.text?.slice(0, 500) ?? id,
    path: place?.artifactLocation?.uri,
    startLine: place?.region?.startLine,
    endLine: place?.region?.endLine,
    scanner,
  }
}
