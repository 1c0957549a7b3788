import type { Decision } from '../decision.ts'
import { outlineDecision } from '../explain/outline-decision.ts'
import { decisionContents, decisionHead, decisionSections } from './decision-sections.ts'
import { findingCharts } from './finding-charts.ts'
import type { FindingsOrigin } from './finding-fates.ts'
import { markup } from './markup.ts'
import { renderPage } from './render-page.ts'

/** Options of {@link renderHtml}. */
export interface RenderHtmlOptions {
  /** What there was before hardening, which a decision does not tell. Default: charts of the judged image alone. */
  readonly origin?: FindingsOrigin | undefined
}

/**
 * A decision as one self-contained page: no request leaves it, no name of the image can run in it. The same decision
 * gives the same bytes.
 */
export function renderHtml(decision: Decision, { origin }: RenderHtmlOptions = {}): string {
  return renderPage({
    title: `${outlineDecision(decision).title}: ${decision.destination}`,
    body: markup`${decisionHead(decision)} ${decisionContents([['charts', 'At a glance']])}
      ${findingCharts(decision, origin)} ${decisionSections(decision)}`,
  })
}
