import { markup, type Html, type HtmlPart } from './markup.ts'

/** The head of a page. */
export interface PageHead {
  /** What it came to, in a word or two; `kind` is its colour. */
  readonly badge?: { readonly text: string; readonly kind: 'pass' | 'fail' | 'error' | 'warn' } | undefined
  /** What the page is about. */
  readonly title: HtmlPart
  /** One or two sentences. */
  readonly summary?: HtmlPart
  /** What identifies it, on one line: a tier, a digest, a time. */
  readonly facts?: readonly HtmlPart[] | undefined
}

/** The head that all pages share: badge and title, a sentence, and what identifies it. */
export function renderPageHead({ badge, title, summary, facts = [] }: PageHead): Html {
  return markup`<h1>${badge && markup`<span class="verdict ${badge.kind}">${badge.text}</span> `}${title}</h1>
    ${summary !== undefined && markup`<p>${summary}</p>`}
    ${facts.length > 0 && markup`<p class="quiet">${facts.map((fact, index) => [index > 0 && ', ', fact])}</p>`}`
}

/** Leads to the sections of a page, given as id and name. */
export function pageContents(sections: readonly (readonly [id: string, name: string])[]): Html {
  return markup`<nav aria-label="On this page">
    <ul class="jump">
      ${sections.map(([id, name]) => markup`<li><a href="#${id}">${name}</a></li> `)}
    </ul>
  </nav>`
}
