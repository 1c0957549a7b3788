export { type Advice, adviceOn } from './advice.ts'
export { renderAuditHtml, type RenderAuditHtmlOptions } from './html/render-html.ts'
export { renderAuditCsv } from './render-csv.ts'
export {
  type AuditDocument,
  auditJsonSchema,
  parseAuditJson,
  type ParseAuditJsonOptions,
  renderAuditJson,
} from './render-json.ts'
export { renderAuditMarkdown, type RenderAuditMarkdownOptions } from './render-markdown.ts'
export { renderAuditSarif, type RenderAuditSarifOptions } from './render-sarif.ts'
export { renderAuditText, type RenderAuditTextOptions } from './render-text.ts'
export {
  type AuditTrend,
  compareAudits,
  type CompareAuditsOptions,
  type ComparedAudit,
} from './trend/compare-audits.ts'
export {
  describeTrend,
  renderHistoryHtml,
  renderTrendHtml,
  renderTrendText,
  type RenderTrendTextOptions,
} from './trend/render-trend.ts'
export { type AuditChange, streamChanges, type Unchanged } from './trend/stream-changes.ts'
