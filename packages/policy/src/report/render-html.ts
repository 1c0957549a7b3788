import type { Decision } from '../decision.ts'
import { decisionContents, decisionHead, decisionSections } from './decision-sections.ts'
import { findingCharts } from './finding-charts.ts'
import { markup } from './markup.ts'
import { outlineDecision } from '../explain/outline-decision.ts'
import { renderPage } from './render-page.ts'

/**
 * A decision as one self-contained page: no request leaves it, no name of the image can run in it. The same decision
 * gives the same bytes.
 */
export function renderHtml(decision: Decision): string {
  return renderPage({
    title: `${outlineDecision(decision).title}: ${decision.destination}`,
    body: markup`${decisionHead(decision)} ${decisionContents([['charts', 'At a glance']])} ${findingCharts(decision)}
      ${decisionSections(decision)}`,
  })
}
