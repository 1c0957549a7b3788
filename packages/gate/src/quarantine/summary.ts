import { parseDigest, type Verdict } from '@sallyport/core'
import type { Severity } from '@sallyport/scan'
import { compareSeverities } from '@sallyport/scan/compare'
import type { Row } from '../database/database.ts'
import { readJson } from '../journal/read-json.ts'
import type {
  QuarantinedFinding,
  QuarantineRecord,
  QuarantineState,
  QuarantineStatus,
  QuarantineSummary,
} from '../ports/quarantine-store.ts'

const maxReason = 300

/** Columns that {@link toSummary} reads. */
export const summaryColumns =
  'id, state, quarantined_at, source, source_digest, destination, tier, verdict, findings, worst, reason, status'

/** The summary of a row. */
export function toSummary(row: Row): QuarantineSummary {
  const id = String(row['id'])
  const status = readJson<QuarantineStatus>(row['status'], `state of quarantine record ${id}`)
  return {
    id,
    state: String(row['state']) as QuarantineState,
    quarantinedAt: String(row['quarantined_at']),
    source: String(row['source']),
    sourceDigest: parseDigest(String(row['source_digest'])),
    destination: String(row['destination']),
    tier: String(row['tier']),
    verdict: String(row['verdict']) as Verdict,
    findings: Number(row['findings']),
    ...(row['worst'] !== null && { worst: String(row['worst']) as Severity }),
    reason: String(row['reason']),
    ...(status.state === 'approved' && { expires: status.expires }),
  }
}

/** What a summary shows of a record, beside its state. */
export function summarize({ decision: { verdict, reasons }, findings }: QuarantineRecord): {
  readonly verdict: Verdict
  readonly findings: number
  readonly worst: Severity | undefined
  readonly reason: string
} {
  const first =
    reasons.find(({ effect }) => effect === 'error') ?? reasons.find(({ effect }) => effect === 'fail')
  return {
    verdict,
    findings: findings.length,
    worst: worstSeverity(findings),
    reason: storable(first?.message ?? '').slice(0, maxReason),
  }
}

/** Names come from images, and PostgreSQL keeps no NUL. */
const storable = (text: string): string => text.replaceAll('\0', '\ufffd')

/** What a text is looked for in, in lower case. */
export function searchText({ id, source, destination, findings }: QuarantineRecord): string {
  const names = findings.flatMap((finding) => [finding.id, ...finding.aliases, finding.purl.split('?')[0]!])
  return storable([id, source, destination, ...new Set(names)].join('\n').toLowerCase())
}

/** The worst severity of findings in any order. */
export const worstSeverity = (
  findings: readonly Pick<QuarantinedFinding, 'severity'>[],
): Severity | undefined =>
  findings
    .map(({ severity }) => severity)
    .reduce<Severity | undefined>(
      (worst, each) => (worst === undefined || compareSeverities(each, worst) > 0 ? each : worst),
      undefined,
    )
