import { canonicalJson, digestHex, digestOf } from '@sallyport/core'
import { relativeUri, visibleText } from '@sallyport/policy/report'
import { type AuditClass, auditClasses } from '../audit-class.ts'
import type { AuditRecord } from '../audit-record.ts'
import type { AuditSummary } from '../audit-report.ts'
import { adviceOn, docsAddress } from './advice.ts'
import { compareText, compareUrgency, flagsOf, isFlagged, isRunning, rankOf } from './class-order.ts'
import { describeDeployments, describeFilters, fullNameOf } from './describe-record.ts'
import { keepFirst } from './keep-first.ts'

/** Options of {@link renderAuditSarif}. */
export interface RenderAuditSarifOptions {
  /** Most results, the most urgent first. Default 5 000, as many as GitHub shows of one run. */
  readonly maxResults?: number | undefined
  /** Where the project's `docs` are, with a `/` at the end. Default `https://sallyport.dev/`. */
  readonly docsBase?: string | undefined
}

type Flag = Exclude<AuditClass, 'compliant'>

const levels: Readonly<Record<Flag, 'error' | 'warning' | 'note'>> = {
  error: 'error',
  unverifiable: 'error',
  unsigned: 'error',
  'wrong-identity': 'error',
  'no-decision': 'error',
  'decision-elsewhere': 'error',
  'decision-stale': 'warning',
  'would-fail-today': 'error',
  'no-sbom': 'warning',
  'sbom-disagrees': 'error',
  'no-provenance': 'warning',
  'legacy-only': 'note',
}

const flags = auditClasses.filter((each): each is Flag => each !== 'compliant')

/** One class of one tag of a record; of the record itself when it has no tag. */
interface Flagged {
  readonly record: AuditRecord
  readonly tag: string | undefined
  readonly flag: Flag
}

/**
 * Flagged images as SARIF 2.1.0: a rule for each class, a result for each class of each tag. A fingerprint stays the same
 * when the tag moves to another image that has the same problem; only what has no tag is told apart by its digest.
 * Repositories that could not be listed, and what was left out, are notifications of the run.
 */
export async function renderAuditSarif(
  summary: AuditSummary,
  records: AsyncIterable<AuditRecord>,
  { maxResults = 5_000, docsBase }: RenderAuditSarifOptions = {},
): Promise<string> {
  const kept = keepFirst<Flagged>(maxResults, compareFlagged)
  for await (const record of records) {
    if (!isFlagged(record)) continue
    for (const flag of flagsOf(record)) {
      for (const tag of record.tags.length === 0 ? [undefined] : record.tags) kept.add({ record, tag, flag })
    }
  }
  const results = kept.list()
  const leftOut = kept.seen - results.length
  const { id, registry, startedAt, finishedAt, repositories } = summary
  return canonicalJson({
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [
      {
        tool: {
          driver: {
            name: 'sallyport',
            informationUri: 'https://sallyport.dev',
            rules: flags.map((flag) => describeRule(flag, docsBase)),
          },
        },
        automationDetails: { id: `sallyport/audit/${visibleText(registry)}/` },
        invocations: [
          {
            executionSuccessful:
              finishedAt !== undefined && repositories.failed === 0 && isAnyJudged(summary),
            startTimeUtc: startedAt,
            ...(finishedAt !== undefined && { endTimeUtc: finishedAt }),
            toolExecutionNotifications: describeGaps(summary, leftOut),
          },
        ],
        columnKind: 'utf16CodeUnits',
        results: results.map(toResult),
        properties: {
          audit: visibleText(id),
          classes: summary.classes,
          ...(leftOut > 0 && { resultsLeftOut: leftOut }),
        },
      },
    ],
  })
}

const isAnyJudged = ({ classes }: AuditSummary): boolean => Object.values(classes).some((count) => count > 0)

const ruleId = (flag: Flag) => `sallyport/audit/${flag}`

function describeRule(flag: Flag, docsBase: string | undefined): unknown {
  const { meaning, action } = adviceOn(flag)
  return {
    id: ruleId(flag),
    name: flag,
    shortDescription: { text: `An image ${meaning}.` },
    help: { text: action },
    helpUri: docsAddress(flag, docsBase),
    defaultConfiguration: { level: levels[flag] },
  }
}

/** What is not among the results, so that an empty list is not taken for a good one. */
function describeGaps(summary: AuditSummary, leftOut: number): readonly unknown[] {
  const { finishedAt, repositories } = summary
  const note = (level: string, code: string, text: string) => ({
    level,
    descriptor: { id: code },
    message: { text: visibleText(text, { maxLength: 2000 }) },
  })
  const unnamed = repositories.failed - Math.min(repositories.failures.length, maxFailures)
  return [
    ...(leftOut > 0
      ? [
          note(
            'warning',
            'RESULTS_LEFT_OUT',
            `${leftOut} less urgent results are left out; the JSON and CSV forms have all.`,
          ),
        ]
      : []),
    ...describeFilters(summary).map((text) => note('note', 'FILTERED', text)),
    ...(finishedAt === undefined
      ? [note('error', 'AUDIT_UNFINISHED', 'The audit did not get to its end: what is here is not all.')]
      : []),
    ...(isAnyJudged(summary) || finishedAt === undefined || repositories.failed > 0
      ? []
      : [note('error', 'NOTHING_JUDGED', 'No image was found to judge: look whether the account sees any.')]),
    ...repositories.failures
      .slice(0, maxFailures)
      .map(({ repository, code, message }) => note('error', visibleText(code), `${repository}: ${message}`)),
    ...(unnamed > 0
      ? [note('error', 'LISTING_FAILED', `${unnamed} more repositories could not be listed.`)]
      : []),
  ]
}

const maxFailures = 100

function toResult({ record, tag, flag }: Flagged): unknown {
  const { registry, repository, digest, role, problems } = record
  const name = tag === undefined ? fullNameOf(record) : `${registry}/${repository}:${tag}`
  const messages = problems.filter((problem) => problem.class === flag).map(({ message }) => message)
  const parts = [
    ...(messages.length === 0 ? [adviceOn(flag).meaning] : messages),
    ...(isRunning(record) ? [`runs in ${describeDeployments(record)}`] : []),
  ]
  return {
    ruleId: ruleId(flag),
    ruleIndex: flags.indexOf(flag),
    kind: 'fail',
    level: levels[flag],
    message: {
      text: visibleText(`${name}: ${parts.join('; ')}. ${adviceOn(flag).action}`, { maxLength: 4000 }),
    },
    locations: [
      {
        physicalLocation: { artifactLocation: { uri: relativeUri(name) }, region: { startLine: 1 } },
        logicalLocations: [{ fullyQualifiedName: visibleText(fullNameOf(record)), kind: 'image' }],
      },
    ],
    partialFingerprints: {
      'sallyport/v1': digestHex(digestOf(canonicalJson([registry, repository, tag ?? digest, flag]))),
    },
    properties: { digest, role, running: record.deployments?.length },
  }
}

function compareFlagged(one: Flagged, other: Flagged): number {
  return (
    Number(isRunning(other.record)) - Number(isRunning(one.record)) ||
    rankOf(one.flag) - rankOf(other.flag) ||
    compareUrgency(one.record, other.record) ||
    compareText(one.tag ?? '', other.tag ?? '')
  )
}
