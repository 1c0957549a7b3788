export { count } from '../explain/outline-decision.ts'
export { visibleText } from '../explain/visible-text.ts'
export {
  barChart,
  type BarChart,
  type ChartBar,
  chartLegend,
  type ChartPart,
  type ChartTone,
  type ChartTrack,
  columnChart,
  type ColumnChart,
  type PartCounts,
  toneStyle,
} from './charts.ts'
export { decisionContents, decisionHead, decisionSections } from './decision-sections.ts'
export { escapeMarkdown } from './escape-markdown.ts'
export { findingCharts } from './finding-charts.ts'
export type { FindingsOrigin, SeverityCounts } from './finding-fates.ts'
export { Html, markup, type HtmlPart } from './markup.ts'
export { createMarkdownBudget, type MarkdownBudget } from './markdown-budget.ts'
export { linkTo } from './link-advisory.ts'
export { pageContents, type PageHead, renderPageHead } from './page-head.ts'
export { renderChain } from './render-chain.ts'
export { relativeUri } from './relative-uri.ts'
export { renderHtml, type RenderHtmlOptions } from './render-html.ts'
export { decisionJsonSchema, parseDecision, renderJson } from './render-json.ts'
export { renderMarkdown, type RenderMarkdownOptions } from './render-markdown.ts'
export { framePage, type Page, type PageFrame, renderPage } from './render-page.ts'
export { renderSarif, type RenderSarifOptions } from './render-sarif.ts'
export { renderTable, type Table, type TableCell } from './render-table.ts'
export { severityParts } from './stopping-chart.ts'
export { time } from './time.ts'
