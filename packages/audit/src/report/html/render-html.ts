import { framePage, markup } from '@sallyport/policy/report'
import { auditClasses } from '../../audit-class.ts'
import type { AuditRecord } from '../../audit-record.ts'
import type { AuditSummary } from '../../audit-report.ts'
import { adviceOn, docsAddress } from '../advice.ts'
import { groupOf, isFlagged } from '../class-order.ts'
import { inChunks } from '../in-chunks.ts'
import { createSurvey } from '../survey.ts'
import type { AuditTrend } from '../trend/compare-audits.ts'
import { renderHistoryHtml, renderTrendHtml } from '../trend/render-trend.ts'
import { auditPageScript } from './audit-page-script.ts'
import { auditPageStyle } from './audit-page-style.ts'
import { groupStyle } from './group-parts.ts'
import {
  chartSections,
  failureSection,
  pageHead,
  recordColumns,
  recordsSection,
  urgentSection,
} from './page-sections.ts'
import {
  blockSize,
  dataElement,
  detailsOf,
  packDetails,
  type Row,
  rowOf,
  type Section,
} from './records-data.ts'

/** Options of {@link renderAuditHtml}. */
export interface RenderAuditHtmlOptions {
  /** Earlier audits, for a chart over time; those of other registries are left out. Default: none. */
  readonly earlier?: readonly AuditSummary[] | undefined
  /** Says what changed since one of them. */
  readonly trend?: AuditTrend | undefined
  /**
   * Most records in the table. Default 50 000. At most half of them are compliant or not judged, so that these do not take
   * the room of flagged ones; the page says how many are left out.
   */
  readonly maxRecords?: number | undefined
  /** Where the project's `docs` are, with a `/` at the end. Default `https://sallyport.dev/`. */
  readonly docsBase?: string | undefined
}

/**
 * An audit as one self-contained page: no request leaves it, nothing that an image names can run in it. Records are
 * written as they come; however many there are, some hundreds are in memory. The same input gives the same bytes.
 */
export function renderAuditHtml(
  summary: AuditSummary,
  records: AsyncIterable<AuditRecord>,
  options: RenderAuditHtmlOptions = {},
): AsyncIterable<string> {
  return inChunks(pageParts(summary, records, options))
}

async function* pageParts(
  summary: AuditSummary,
  records: AsyncIterable<AuditRecord>,
  { earlier: given = [], trend, maxRecords = 50_000, docsBase }: RenderAuditHtmlOptions,
): AsyncGenerator<string> {
  const earlier = given.filter(({ registry }) => registry === summary.registry)
  const { start, end } = framePage({
    title: `Audit of ${summary.registry}`,
    style: auditPageStyle,
    script: auditPageScript,
  })
  yield start
  const hasTrend = earlier.length > 0 || trend !== undefined
  yield pageHead(summary, { hasTrend }).toString()
  if (hasTrend) {
    yield markup`<h2 id="trend">Trend</h2>
      ${earlier.length > 0 && renderHistoryHtml([...earlier, summary])} ${trend && renderTrendHtml(trend)}`.toString()
  }
  yield dataElement('meta', describeMeta(docsBase))

  const survey = createSurvey({ startedAt: summary.startedAt, repositories: 20, urgent: 20 })
  const roles = new Set<string>()
  const room = createRoom(maxRecords)
  const block: { readonly rows: Row[]; readonly details: (readonly Section[])[] } = { rows: [], details: [] }
  const writeBlock = () => {
    const written = dataElement('rows', block.rows) + dataElement('details', packDetails(block.details))
    block.rows.length = block.details.length = 0
    return written
  }
  for await (const record of records) {
    survey.add(record)
    if (!room.take(record)) continue
    roles.add(record.role)
    block.rows.push(rowOf(record))
    block.details.push(detailsOf(record))
    if (block.rows.length === blockSize) yield writeBlock()
  }
  if (block.rows.length > 0) yield writeBlock()

  const found = survey.finish()
  yield urgentSection(found).toString()
  yield chartSections(summary, found).toString()
  const classes = auditClasses.filter((each) => (summary.classes[each] ?? 0) > 0)
  yield recordsSection([...roles].sort(), classes, room.leftOut()).toString()
  yield failureSection(summary).toString()
  yield end
}

/** What the script needs besides the records. */
const describeMeta = (docsBase: string | undefined) => ({
  blockSize,
  columns: recordColumns,
  classes: auditClasses.map((name) => ({
    name,
    style: groupStyle(groupOf(name)),
    action: adviceOn(name).action,
    href: docsAddress(name, docsBase),
  })),
})

/** Gives places on the page to records as they come, and keeps half of them for flagged ones. */
function createRoom(maxRecords: number): { take(record: AuditRecord): boolean; leftOut(): number } {
  let [taken, others, leftOut] = [0, 0, 0]
  return {
    take(record) {
      const flagged = isFlagged(record)
      if (taken >= maxRecords || (!flagged && others >= maxRecords / 2)) {
        leftOut++
        return false
      }
      taken++
      if (!flagged) others++
      return true
    },
    leftOut: () => leftOut,
  }
}
