import { createHash } from 'node:crypto'
import { markup, type Html } from './markup.ts'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'

/** What {@link renderPage} puts into the frame. */
export interface Page {
  readonly title: string
  readonly body: Html
}

const hashOf = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

/** Forbids everything but the page's own style and script, which are named by their hashes. */
const contentSecurityPolicy = [
  `default-src 'none'`,
  `style-src ${hashOf(pageStyle)}`,
  `script-src ${hashOf(pageScript)}`,
  `base-uri 'none'`,
  `form-action 'none'`,
].join('; ')

/**
 * The frame of all pages: one file without any request, in light and dark, for wide and narrow screens and for paper.
 * Tables with `data-sortable` can be sorted by their headers, those in a `data-filtered` section can be filtered; both
 * by keyboard as well.
 */
export function renderPage({ title, body }: Page): string {
  const [beforeStyle, beforeScript, end] = frame(title, body).split('\0') as [string, string, string]
  return `${beforeStyle}<style>${pageStyle}</style>${beforeScript}<script>${pageScript}</script>${end}`
}

/** The page with NUL, which escaped text can't hold, where style and script go. */
const frame = (title: string, body: Html): string =>
  `<!doctype html>
${markup`<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="Content-Security-Policy" content="${contentSecurityPolicy}" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <meta name="referrer" content="no-referrer" />
    <title>${title}</title>
 `}\0${markup`
    </head>
    <body>
      <a class="skip" href="#content">To the content</a>
      <main id="content" tabindex="-1">${body}</main>
  `}\0
</body>
</html>
`
