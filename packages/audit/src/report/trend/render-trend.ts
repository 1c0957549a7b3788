import {
  columnChart,
  count,
  markup,
  renderTable,
  time,
  visibleText,
  type Html,
} from '@sallyport/policy/report'
import type { AuditSummary } from '../../audit-report.ts'
import { describeDeployments, nameOf, shownOf } from '../describe-record.ts'
import { classPainter } from '../render-text.ts'
import { textTable, wrap } from '../text-table.ts'
import { groupParts } from '../html/group-parts.ts'
import { countGroups } from '../class-order.ts'
import { type AuditTrend, changeKinds } from './compare-audits.ts'

/** Options of {@link renderTrendText}. */
export interface RenderTrendTextOptions {
  /** Colours. Default `false`. */
  readonly color?: boolean | undefined
  /** Columns of the terminal. Default 100; at least 50. */
  readonly width?: number | undefined
}

/** What changed between two audits, in one sentence. */
export function describeTrend({ before, counts, newFlagged, caveats }: AuditTrend): string {
  const { worse, better, gone, unchanged } = counts
  return [
    `Since the audit of ${before.startedAt}: ${worse} worse, ${better} better, ${counts.new} new (${newFlagged} of them flagged), ${gone} gone, ${unchanged} as before.`,
    ...caveats,
  ].join(' ')
}

/** What changed between two audits, for a terminal: what became worse first. */
export function renderTrendText(
  trend: AuditTrend,
  { color = false, width: asked = 100 }: RenderTrendTextOptions = {},
): string {
  const width = Math.max(asked, 50)
  const paint = classPainter(color)
  const lines = [
    ...wrap(visibleText(describeTrend(trend), { maxLength: 2000 }), width),
    ...changeKinds.flatMap((kind) => {
      const changes = trend.changes[kind]
      if (changes.length === 0) return []
      return [
        '',
        `${titles[kind]}${shownOf(changes.length, trend.counts[kind])}`,
        ...textTable(
          [{ title: 'Before' }, { title: 'Now' }, { title: 'Image' }, { title: 'Runs in' }],
          changes.map(({ record, before, after }) => [
            before === undefined ? '-' : paint(before),
            after === undefined ? '-' : paint(after),
            nameOf(record),
            describeDeployments(record) || '-',
          ]),
          width,
        ),
      ]
    }),
  ]
  return `${lines.join('\n')}\n`
}

const titles = { worse: 'Worse', new: 'New', better: 'Better', gone: 'Gone' } as const

/**
 * What changed between two audits as sections of a page; the style is that of `renderAuditHtml`, in whose frame it stands.
 */
export function renderTrendHtml(trend: AuditTrend): Html {
  return markup`<p>${describeTrend(trend)}</p>
    ${changeKinds.map((kind) => {
      const changes = trend.changes[kind]
      return (
        changes.length > 0 &&
        markup`<details ${kind === 'worse' && markup` open`}>
          <summary>${titles[kind]}: ${count(trend.counts[kind], 'image')}</summary>
          ${renderTable({
            caption: `${titles[kind]}${shownOf(changes.length, trend.counts[kind])}, the most urgent first`,
            columns: ['Before', 'Now', 'Image', 'Digest', 'Runs in'],
            rows: changes.map(({ record, before, after }) => ({
              cells: [
                before ?? '–',
                after ?? '–',
                nameOf(record),
                { content: markup`<code>${record.digest ?? ''}</code>` },
                describeDeployments(record) || '–',
              ],
            })),
          })}
        </details>`
      )
    })}`
}

/** Most audits in a chart. */
const maxAudits = 24

/** Counts by class over several audits as a chart with its numbers; the earliest first, whatever order they come in. */
export function renderHistoryHtml(audits: readonly AuditSummary[]): Html {
  const ordered = [...audits].sort((one, other) => Date.parse(one.startedAt) - Date.parse(other.startedAt))
  return columnChart({
    label: 'Images by class over audits',
    parts: groupParts,
    first: 'Audit',
    columns: ordered.slice(-maxAudits).map(({ startedAt, finishedAt, classes }) => ({
      label: markup`${time(startedAt)}${finishedAt === undefined && markup` (not finished)`}`,
      counts: countGroups(classes),
    })),
  })
}
