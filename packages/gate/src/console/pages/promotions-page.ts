import { type Html, markup, renderTable, time } from '@sallyport/policy/report'
import type { JournaledStep, PromotionRecord } from '../../ports/journal.ts'
import type { Page } from '../../ports/page.ts'
import { type PageSurroundings, renderConsolePage, type RenderedPage } from './console-page.ts'
import { breakable } from './breakable.ts'
import { age } from './describe-time.ts'
import { type Links, withQuery } from './links.ts'

/** How promotions ended, as they are chosen by. */
export const promotionResults = ['pass', 'fail', 'error', 'unfinished'] as const

/** What the list of promotions is filtered by. */
export interface PromotionsQuery {
  readonly result?: (typeof promotionResults)[number] | undefined
  readonly cursor?: string | undefined
}

const labels: Readonly<Record<(typeof promotionResults)[number], string>> = {
  pass: 'Promoted',
  fail: 'Stopped',
  error: 'Could not be judged or done',
  unfinished: 'Not ended',
}

const resultOf = ({ verdict, finishedAt }: PromotionRecord) =>
  finishedAt === undefined ? 'unfinished' : (verdict ?? 'unfinished')

const badge = (promotion: PromotionRecord): Html =>
  markup`<span class="badge is-${resultOf(promotion)}">${labels[resultOf(promotion)]}</span>`

const hexOf = ({ key }: PromotionRecord): string => key.slice(key.indexOf(':') + 1)

/** Promotions as a table. */
export const renderPromotions = (promotions: readonly PromotionRecord[], links: Links, now: Date): Html =>
  renderTable({
    caption: 'The latest first',
    columns: ['When', 'Result', 'Destination', 'Source', 'Tier', 'Attempt'],
    rows: promotions.map((promotion) => ({
      cells: [
        { content: age(promotion.lastStartedAt, now) },
        { content: badge(promotion) },
        { content: markup`<a href="${links.promotion(hexOf(promotion))}">${promotion.destination}</a>` },
        promotion.source,
        promotion.tier,
        promotion.attempt,
      ],
    })),
  })

/** The list of promotions. */
export function renderPromotionsPage(
  {
    query,
    page,
    now,
  }: { readonly query: PromotionsQuery; readonly page: Page<PromotionRecord>; readonly now: Date },
  surroundings: PageSurroundings,
): RenderedPage {
  const { links } = surroundings
  const tab = (result: PromotionsQuery['result'], label: string) =>
    markup`<a
      href="${withQuery(links.promotions, { result })}"
      ${result === query.result && markup` aria-current="true"`}
      >${label}</a
    > `
  return renderConsolePage(
    {
      title: 'Promotions',
      current: 'promotions',
      body: markup`<h1>Promotions</h1>
        <nav class="tabs" aria-label="Results">
          ${tab(undefined, 'All')} ${promotionResults.map((result) => tab(result, labels[result]))}
        </nav>
        ${renderPromotions(page.items, links, now)}
        <p class="pager">
          ${query.cursor !== undefined && markup`<a href="${withQuery(links.promotions, { ...query, cursor: '' })}">The latest</a>`}
          ${page.next !== undefined && markup`<a href="${withQuery(links.promotions, { ...query, cursor: page.next })}">Older ones</a>`}
        </p>`,
    },
    surroundings,
  )
}

/** One promotion with the steps of its latest attempt. */
export function renderPromotionPage(
  {
    promotion,
    steps,
    now,
  }: { readonly promotion: PromotionRecord; readonly steps: readonly JournaledStep[]; readonly now: Date },
  surroundings: PageSurroundings,
): RenderedPage {
  const { source, sourceDigest, destination, tier, policyDigest, startedAt, finishedAt, key } = promotion
  const pairs: readonly (readonly [string, string | undefined])[] = [
    ['source', source],
    ['source digest', sourceDigest],
    ['target digest', promotion.targetDigest],
    ['digest before', promotion.previousDigest],
    ['policy', policyDigest],
    ['first started', startedAt],
    ['ended', finishedAt],
    ['attempt', String(promotion.attempt)],
    ['promotion', key],
  ]
  return renderConsolePage(
    {
      title: `Promotion to ${destination}`,
      current: 'promotions',
      body: markup`<header class="head">
          <h1>${breakable(destination)}</h1>
          <p class="facts">
            ${badge(promotion)} <span>tier ${tier}</span> <span>started ${age(promotion.lastStartedAt, now)}</span>
          </p>
        </header>
        <h2 id="steps">Steps</h2>
        ${renderTable({
          caption: 'Steps that ended well, in the order in which they ended',
          columns: ['Step', 'At', 'What it came to'],
          rows: steps.map(({ name, at, summary }) => ({
            cells: [name, { content: time(at) }, summary ?? ''],
          })),
        })}
        <h2 id="facts">Facts</h2>
        <dl class="pairs">
          ${pairs.map(
            ([name, value]) =>
              value !== undefined &&
              markup`<dt>${name}</dt>
                <dd>${value}</dd>`,
          )}
        </dl>`,
    },
    surroundings,
  )
}
