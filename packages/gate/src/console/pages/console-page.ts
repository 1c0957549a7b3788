import { framePage, type Html, markup } from '@sallyport/policy/report'
import type { Flash } from '../sessions.ts'
import { consoleStyle } from './console-style.ts'
import type { Links } from './links.ts'

/** A page of the console, ready to be sent. */
export interface RenderedPage {
  readonly text: string
  readonly contentSecurityPolicy: string
}

/** What every page shows besides its own content. */
export interface PageSurroundings {
  readonly links: Links
  /** Whether there is a journal to look into. */
  readonly hasPromotions: boolean
  /** Who is signed in; absent on pages for anybody. */
  readonly reviewer?: string | undefined
  /** Stands in forms. */
  readonly formToken?: string | undefined
  readonly canSignOut?: boolean | undefined
  readonly flash?: Flash | undefined
}

/** Content of a page. */
export interface PageContent {
  readonly title: string
  readonly body: Html
  readonly current?: 'list' | 'promotions' | undefined
  readonly script?: string | undefined
}

/** Puts content into the frame of the console. */
export function renderConsolePage(
  { title, body, current, script }: PageContent,
  { links, hasPromotions, reviewer, formToken, canSignOut, flash }: PageSurroundings,
): RenderedPage {
  const { start, end, contentSecurityPolicy } = framePage({
    title: `${title} · Sallyport review`,
    style: consoleStyle,
    script,
    forms: 'self',
  })
  const here = (page: typeof current) => page === current && markup` aria-current="page"`
  const bar = markup`<nav class="bar" aria-label="Console">
      <strong>Sallyport review</strong>
      ${
        reviewer !== undefined &&
        markup`<a href="${links.list}"${here('list')}>Quarantine</a>
          ${hasPromotions && markup`<a href="${links.promotions}"${here('promotions')}>Promotions</a>`}
          <span class="who">${reviewer}</span>
          ${
            canSignOut &&
            markup`<form method="post" action="${links.signOut}">
              ${hiddenField('form', formToken)}<button type="submit" class="plain">Sign out</button>
            </form>`
          }`
      }
    </nav>
    ${flash && markup`<p class="flash is-${flash.kind}" role="status">${flash.text}</p>`}`
  return { text: `${start}${bar.toString()}${body.toString()}${end}`, contentSecurityPolicy }
}

/** A field that nobody sees. */
export const hiddenField = (name: string, value: string | undefined): Html =>
  markup`<input type="hidden" name="${name}" value="${value ?? ''}" />`
