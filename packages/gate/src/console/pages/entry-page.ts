import { formatPlatform } from '@sallyport/core'
import { count, decisionSections, type Html, markup, renderTable, time } from '@sallyport/policy/report'
import type { PromotionRecord } from '../../ports/journal.ts'
import type { QuarantineEntry, QuarantineRecord } from '../../ports/quarantine-store.ts'
import { worstSeverity } from '../../quarantine/summary.ts'
import { type PageSurroundings, renderConsolePage, type RenderedPage } from './console-page.ts'
import { type DecideView, renderDecide } from './decide-forms.ts'
import { describeStatus, shownState, stateBadge } from './describe-state.ts'
import { age } from './describe-time.ts'
import type { Links } from './links.ts'
import { breakable } from './breakable.ts'
import { renderPromotions } from './promotions-page.ts'
import { renderStopping } from './stopping-findings.ts'
import { evidenceTable } from '../../report/evidence-table.ts'

/** What the page of an entry shows. */
export interface EntryView {
  readonly entry: QuarantineEntry
  readonly decide: DecideView
  /** Promotions to the same destination; absent without a journal. */
  readonly history?: readonly PromotionRecord[] | undefined
  readonly now: Date
}

const maxSteps = 5

/** One stopped image: what stopped it, what to do, and the forms to decide about it. */
export function renderEntryPage(view: EntryView, surroundings: PageSurroundings): RenderedPage {
  const { entry, decide, history, now } = view
  const { record, status } = entry
  const { links } = surroundings
  const state = shownState(status.state, status.state === 'approved' ? status.expires : undefined, now)
  const worst = worstSeverity(record.findings)
  return renderConsolePage(
    {
      title: `${decide.problem === undefined ? '' : 'Error: '}${record.destination}`,
      current: 'list',
      body: markup`<header class="head">
          <h1>${breakable(record.destination)}</h1>
          <p class="facts">
            ${stateBadge(state)}
            ${
              record.decision.verdict === 'error'
                ? markup`<span class="badge is-error">could not be judged</span>`
                : worst && markup`<span class="badge is-${worst}">${worst}</span>`
            }
            <span>tier ${record.tier}</span> <span>stopped ${age(record.quarantinedAt, now)}</span>
          </p>
          <p class="lead">${summarize(record)}</p>
          <p class="status">${describeStatus(status, now)}</p>
          <p class="jump"><a href="#decide">Decide about it</a></p>
        </header>
        <div class="columns">
          <section class="todo" aria-labelledby="todo">
            <h2 id="todo">What to do</h2>
            ${renderSteps(record.nextSteps)}
          </section>
          <section class="stopped" aria-labelledby="stopped">
            <h2 id="stopped">What stopped it</h2>
            ${renderStopping(record)}
          </section>
          <section class="decide" aria-labelledby="decide">
            <h2 id="decide">Decide</h2>
            ${renderDecide(entry, state, decide, surroundings)}
          </section>
        </div>
        ${renderDetails(record)} ${history && renderHistory(history, links, now)}`,
    },
    surroundings,
  )
}

function summarize({ decision, findings }: QuarantineRecord): string {
  if (findings.length === 0)
    return decision.verdict === 'error'
      ? 'It could not be judged. No answer is not a good answer, so it was stopped.'
      : 'It does not meet what the policy asks for.'
  const exploited = findings.filter(({ kev }) => kev).length
  const fixable = findings.filter(({ fix }) => fix.suggested !== undefined).length
  const fixes =
    fixable === findings.length
      ? findings.length === 1
        ? 'it has a fix'
        : 'all have a fix'
      : fixable === 0
        ? 'none has a fix'
        : `${fixable} ${fixable === 1 ? 'has' : 'have'} a fix`
  return [
    `${count(findings.length, 'finding')} ${findings.length === 1 ? 'stops' : 'stop'} it`,
    ...(exploited > 0 ? [`${exploited} known to be exploited`] : []),
    fixes,
  ].join(', ')
}

function renderSteps(steps: readonly string[]): Html {
  if (steps.length === 0) return markup`<p class="quiet">The record names nothing.</p>`
  const items = (some: readonly string[], start: number) =>
    markup`<ol start="${start}">
      ${some.map((step) => markup`<li>${step}</li>`)}
    </ol>`
  const rest = steps.slice(maxSteps)
  return markup`${items(steps.slice(0, maxSteps), 1)}
    ${
      rest.length > 0 &&
      markup`<details>
        <summary>${rest.length} more</summary>
        ${items(rest, maxSteps + 1)}
      </details>`
    }`
}

function renderDetails(record: QuarantineRecord): Html {
  const { decision, platforms, evidence, source, sourceDigest, copy, id, quarantinedAt } = record
  return markup`<details class="more">
      <summary>Image, platforms and evidence</summary>
      <dl class="pairs">
        <dt>source</dt>
        <dd>${source}</dd>
        <dt>source digest</dt>
        <dd><code>${sourceDigest}</code></dd>
        ${
          copy !== undefined &&
          markup`<dt>copy</dt>
            <dd>${copy}</dd>`
        }
        <dt>stopped at</dt>
        <dd>${time(quarantinedAt)}</dd>
        <dt>entry</dt>
        <dd><code>${id}</code></dd>
      </dl>
      <h2 id="platforms">Platforms</h2>
      ${renderTable({
        caption: 'Before and after hardening',
        columns: ['Platform', 'Verdict', 'Digest', 'Packages', 'Findings'],
        rows: platforms.map(({ platform, before, after, decision: { verdict } }) => ({
          cells: [
            formatPlatform(platform),
            { content: markup`<span class="${verdict}">${verdict}</span>` },
            after.digest,
            `${before.packages} → ${after.packages}`,
            `${before.findings.length} → ${after.findings.length}`,
          ],
        })),
      })}
      <h2 id="evidence">Evidence</h2>
      ${evidenceTable(evidence)}
    </details>
    <details class="more">
      <summary>The whole decision</summary>
      <p class="quiet">
        Policy ${decision.policy.source}, <code>${decision.policy.digest}</code>, ${time(decision.evaluatedAt)}
      </p>
      ${decisionSections(decision)}
    </details>`
}

const renderHistory = (history: readonly PromotionRecord[], links: Links, now: Date): Html =>
  markup`<section aria-labelledby="history">
    <h2 id="history">Promotions to this place</h2>
    ${renderPromotions(history, links, now)}
  </section>`
