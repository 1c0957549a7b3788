import { visibleText } from '../explain/visible-text.ts'

/** Markup that is safe to put into a page as it is. Made by {@link markup} alone. */
export class Html {
  readonly #markup: string

  constructor(markup: string, key: symbol) {
    if (key !== secret) throw new TypeError('made by markup`…` alone')
    this.#markup = markup
  }

  /** The markup. */
  toString(): string {
    return this.#markup
  }
}

/** What may stand in a template: text and numbers are escaped; `undefined` and `false` are nothing. */
export type HtmlPart = Html | string | number | false | undefined | readonly HtmlPart[]

/** Who holds it can make markup of any text: it stays in this file. */
const secret = Symbol('html')

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

/**
 * Markup with values put in, each escaped for text and quoted attributes alike. Attributes must be quoted in the
 * template, and no value may stand in a script, a style or a URL that is not checked before.
 */
export function markup(strings: TemplateStringsArray, ...parts: readonly HtmlPart[]): Html {
  return new Html(
    strings.reduce((text, string, index) => text + toMarkup(parts[index - 1]) + string),
    secret,
  )
}

function toMarkup(part: HtmlPart): string {
  if (part === undefined || part === false) return ''
  if (part instanceof Html) return part.toString()
  if (Array.isArray(part)) return (part as readonly HtmlPart[]).map(toMarkup).join('')
  return visibleText(String(part), { maxLength: 4000 }).replace(
    /[&<>"'`]/g,
    (character) => entities[character]!,
  )
}
