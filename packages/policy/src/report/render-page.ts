import { createHash } from 'node:crypto'
import { markup, type Html } from './markup.ts'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'

/** What a page has besides the frame of all pages. */
export interface PageFrame {
  /** Title, as text. */
  readonly title: string
  /** Style of this page alone. Its hash gets into the policy of the page, so it must be the same text for every page. */
  readonly style?: string | undefined
  /** Script of this page alone, run after that of all pages; as `style`. */
  readonly script?: string | undefined
  /** `self`: its forms may be sent to where it comes from. Default `none`. */
  readonly forms?: 'none' | 'self' | undefined
}

/** What {@link renderPage} puts into the frame. */
export interface Page extends PageFrame {
  /** What stands in the page. */
  readonly body: Html
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Forbids everything but the page's own styles and scripts, which are named by their hashes. */
const policyOf = (
  styles: readonly string[],
  scripts: readonly string[],
  forms: NonNullable<PageFrame['forms']>,
) =>
  [
    `default-src 'none'`,
    `style-src ${styles.map(hashOf).join(' ')}`,
    `script-src ${scripts.map(hashOf).join(' ')}`,
    `base-uri 'none'`,
    `form-action '${forms}'`,
  ].join('; ')

/**
 * The frame of all pages: one file without any request, in light and dark, for wide and narrow screens and for paper.
 * Tables with `data-sortable` can be sorted by their headers, those in a `data-filtered` section can be filtered; both
 * by keyboard as well.
 */
export function renderPage({ body, ...rest }: Page): string {
  const { start, end } = framePage(rest)
  return `${start}${body.toString()}${end}`
}

/** The frame of {@link renderPage} around a body that is written piece by piece. */
export function framePage({ title, style, script, forms = 'none' }: PageFrame): {
  readonly start: string
  readonly end: string
  /** The Content-Security-Policy that stands in the page, for the header of who serves it. */
  readonly contentSecurityPolicy: string
} {
  const styles = style === undefined ? [pageStyle] : [pageStyle, style]
  const scripts = script === undefined ? [pageScript] : [pageScript, script]
  for (const text of [...styles, ...scripts]) {
    if (/<\/|<!--/.test(text)) throw new TypeError('a style or script of a page must not hold markup')
  }
  const contentSecurityPolicy = policyOf(styles, scripts, forms)
  const [beforeStyle, beforeBody, beforeScript, end] = frame(title, contentSecurityPolicy).split('\0') as [
    string,
    string,
    string,
    string,
  ]
  return {
    contentSecurityPolicy,
    start: `${beforeStyle}${styles.map((text) => `<style>${text}</style>`).join('')}${beforeBody}`,
    end: `${beforeScript}${scripts.map((text) => `<script>${text}</script>`).join('')}${end}`,
  }
}

/** The frame with NUL, which escaped text can't hold, where styles, body and scripts go. */
const frame = (title: string, policy: string): string =>
  `<!doctype html>
${markup`<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${policy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <title>${title}</title>
 `}\0${markup`
    </head>
    <body>
      <a class="skip" href="#content">To the content</a>
      <main id="content" tabindex="-1">`}\0${markup`</main>
  `}\0
</body>
</html>
`
