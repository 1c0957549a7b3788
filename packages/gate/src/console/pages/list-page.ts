import { count, type Html, markup } from '@sallyport/policy/report'
import { severities, type Severity } from '@sallyport/scan'
import type { Page } from '../../ports/page.ts'
import type { QuarantineState, QuarantineSummary } from '../../ports/quarantine-store.ts'
import { type PageSurroundings, renderConsolePage, type RenderedPage } from './console-page.ts'
import { breakable } from './breakable.ts'
import { age } from './describe-time.ts'
import { shownState, stateBadge } from './describe-state.ts'
import { type Links, withQuery } from './links.ts'

/** States of the list; `any` is all of them. */
export const listStates = ['open', 'approved', 'rejected', 'superseded', 'any'] as const
/** Worst first. */
export const listSeverities: readonly Severity[] = severities.toReversed()

/** What the list is filtered by. */
export interface ListQuery {
  readonly state: (typeof listStates)[number]
  readonly tier?: string | undefined
  readonly worst?: Severity | undefined
  readonly text?: string | undefined
  readonly cursor?: string | undefined
}

/** What the list shows. */
export interface ListView {
  readonly query: ListQuery
  readonly page: Page<QuarantineSummary>
  readonly counts: Readonly<Record<QuarantineState, number>>
  readonly now: Date
}

const stateLabels: Readonly<Record<ListQuery['state'], string>> = {
  open: 'Open',
  approved: 'Approved',
  rejected: 'Rejected',
  superseded: 'Superseded',
  any: 'All',
}

/** The list of what was stopped. */
export function renderListPage(view: ListView, surroundings: PageSurroundings): RenderedPage {
  const { query, page, counts, now } = view
  const { links } = surroundings
  const isFiltered = [query.tier, query.worst, query.text].some((value) => value !== undefined)
  return renderConsolePage(
    {
      title: `${counts.open} open`,
      current: 'list',
      body: markup`<h1>Stopped images</h1>
        ${renderStates(view, links)} ${renderFilters(query, links)}
        ${
          page.items.length === 0
            ? markup`<p class="empty">
                ${isFiltered || query.state !== 'open' ? 'Nothing fits.' : 'Nothing waits for you.'}
              </p>`
            : markup`<ol class="entries">
                ${page.items.map((item) => renderItem(item, links, now))}
              </ol>`
        }
        <p class="pager">
          ${query.cursor !== undefined && markup`<a href="${withQuery(links.list, { ...query, cursor: '' })}">The latest</a>`}
          ${page.next !== undefined && markup`<a href="${withQuery(links.list, { ...query, cursor: page.next })}">Older ones</a>`}
        </p>`,
    },
    surroundings,
  )
}

function renderStates({ query, counts }: ListView, links: Links): Html {
  const numberOf = (state: ListQuery['state']) =>
    state === 'any' ? Object.values(counts).reduce((sum, number) => sum + number, 0) : counts[state]
  return markup`<nav class="tabs" aria-label="States">
    ${listStates.map(
      (state) =>
        markup`<a
          href="${withQuery(links.list, { ...query, state, cursor: '' })}"
          ${state === query.state && markup` aria-current="true"`}
          >${stateLabels[state]} <span class="number">${numberOf(state)}</span></a
        > `,
    )}
  </nav>`
}

const renderFilters = ({ state, tier, worst, text }: ListQuery, links: Links): Html =>
  markup`<form class="search" role="search" method="get" action="${links.list}">
    <input type="hidden" name="state" value="${state}" />
    <label
      >Image, package or CVE
      <input type="search" name="text" value="${text ?? ''}" maxlength="200" autocomplete="off" />
    </label>
    <label>Tier <input type="text" name="tier" value="${tier ?? ''}" maxlength="200" size="10" autocomplete="off" /></label>
    <label
      >Worst severity
      <select name="worst">
        <option value="">any</option>
        ${listSeverities.map(
          (severity) =>
            markup`<option value="${severity}"${severity === worst && markup` selected`}>${severity}</option>`,
        )}
      </select></label
    >
    <button type="submit">Filter</button>
    ${[tier, worst, text].some((value) => value !== undefined) && markup`<a href="${withQuery(links.list, { state })}">Clear</a>`}
  </form>`

function renderItem(
  {
    id,
    state,
    expires,
    quarantinedAt,
    source,
    destination,
    tier,
    verdict,
    findings,
    worst,
    reason,
  }: QuarantineSummary,
  links: Links,
  now: Date,
): Html {
  const weight = worst ?? (verdict === 'error' ? 'error' : 'none')
  return markup`<li class="entry is-${weight}">
    <h2><a href="${links.entry(id)}">${breakable(destination)}</a></h2>
    <p class="facts">
      ${stateBadge(shownState(state, expires, now))}
      ${
        verdict === 'error'
          ? markup`<span class="badge is-error">could not be judged</span>`
          : worst !== undefined && markup`<span class="badge is-${worst}">${worst}</span>`
      }
      ${findings > 0 && markup`<span>${count(findings, 'finding')}</span>`}
      <span>tier ${tier}</span>
      <span>${age(quarantinedAt, now)}</span>
    </p>
    <p class="reason">${reason}</p>
    <p class="quiet">from ${source}</p>
  </li> `
}
