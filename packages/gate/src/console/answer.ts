import type { RenderedPage } from './pages/console-page.ts'

/** Of every answer: nothing is kept, framed, guessed or told to others. */
const securityHeaders = {
  'cache-control': 'no-store',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
} as const

/** A page as an answer. */
export function answerPage(
  { text, contentSecurityPolicy }: RenderedPage,
  {
    status = 200,
    headers = {},
  }: { readonly status?: number; readonly headers?: Readonly<Record<string, string>> } = {},
): Response {
  return new Response(text, {
    status,
    headers: {
      ...securityHeaders,
      ...headers,
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': `${contentSecurityPolicy}; frame-ancestors 'none'`,
    },
  })
}

/** Sends a browser to another page of the console, which it gets by GET. */
export function answerSeeOther(location: string, headers: Readonly<Record<string, string>> = {}): Response {
  return new Response(null, {
    status: 303,
    headers: {
      ...securityHeaders,
      ...headers,
      'content-security-policy': `default-src 'none'; frame-ancestors 'none'`,
      location,
    },
  })
}
