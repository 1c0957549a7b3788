import type { AuditRecord } from '../../audit-record.ts'
import type { AuditSummary } from '../../audit-report.ts'
import { compareUrgency } from '../class-order.ts'
import { repositoryCount } from '../describe-record.ts'
import { type FirstOf, keepFirst } from '../keep-first.ts'
import { type AuditChange, streamChanges } from './stream-changes.ts'

/** Kinds of changes, the most urgent first. */
export const changeKinds = ['worse', 'new', 'better', 'gone'] as const

/** An audit to compare: its summary, and its records in the order of repository and digest. */
export interface ComparedAudit {
  /** The audit as a whole. */
  readonly summary: AuditSummary
  /** Its records, read once. */
  readonly records: AsyncIterable<AuditRecord>
}

/** What became of images between two audits. */
export interface AuditTrend {
  /** The earlier audit. */
  readonly before: AuditSummary
  /** The later audit. */
  readonly after: AuditSummary
  /** How many images changed in each way; exact, however many are listed. */
  readonly counts: Readonly<Record<AuditChange['kind'] | 'unchanged', number>>
  /** Of the new ones, how many are not compliant. */
  readonly newFlagged: number
  /** The most urgent changes of each kind. */
  readonly changes: Readonly<Record<AuditChange['kind'], readonly AuditChange[]>>
  /** Why images may seem new or gone that are neither, in sentences; empty when both audits are whole. */
  readonly caveats: readonly string[]
}

/** Options of {@link compareAudits}. */
export interface CompareAuditsOptions {
  /** Most changes of each kind to list. Default 100. */
  readonly maxChanges?: number | undefined
}

/**
 * What changed between two audits of a registry. However many records there are, only some are in memory.
 *
 * @throws {AuditError} `REPORT_INVALID` when records are out of order.
 */
export async function compareAudits(
  before: ComparedAudit,
  after: ComparedAudit,
  { maxChanges = 100 }: CompareAuditsOptions = {},
): Promise<AuditTrend> {
  const counts = { worse: 0, new: 0, better: 0, gone: 0, unchanged: 0 }
  let newFlagged = 0
  const kept = {} as Record<AuditChange['kind'], FirstOf<AuditChange>>
  for (const kind of changeKinds) {
    kept[kind] = keepFirst<AuditChange>(maxChanges, (one, other) => compareUrgency(one.record, other.record))
  }
  for await (const change of streamChanges(before.records, after.records)) {
    counts[change.kind]++
    if (change.kind === 'unchanged') continue
    if (change.kind === 'new' && change.after !== 'compliant') newFlagged++
    kept[change.kind].add(change)
  }
  return {
    before: before.summary,
    after: after.summary,
    counts,
    newFlagged,
    changes: {
      worse: kept.worse.list(),
      new: kept.new.list(),
      better: kept.better.list(),
      gone: kept.gone.list(),
    },
    caveats: findCaveats(before.summary, after.summary),
  }
}

function findCaveats(before: AuditSummary, after: AuditSummary): readonly string[] {
  const each = [
    { summary: before, name: 'earlier', seems: 'new' },
    { summary: after, name: 'later', seems: 'gone' },
  ]
  return [
    ...(before.registry === after.registry
      ? []
      : [`The audits are of ${before.registry} and of ${after.registry}.`]),
    ...each.flatMap(({ summary: { finishedAt, repositories }, name, seems }) => [
      ...(finishedAt === undefined
        ? [`The ${name} audit was not finished: images may only seem ${seems}.`]
        : []),
      ...(repositories.failed > 0
        ? [
            `The ${name} audit could not list ${repositoryCount(repositories.failed)}: their images may only seem ${seems}.`,
          ]
        : []),
    ]),
    ...(before.scope === undefined || after.scope === undefined || before.scope === after.scope
      ? []
      : ['The audits did not look at the same: images may only seem new or gone.']),
    ...(before.repositories.skipped === after.repositories.skipped
      ? []
      : [
          `Filters left out ${repositoryCount(before.repositories.skipped)} then and ${after.repositories.skipped} now.`,
        ]),
  ]
}
