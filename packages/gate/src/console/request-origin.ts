import { Refusal } from './refusal.ts'

/** Hosts of this machine, with or without a port; servers of other ports get the same cookies. */
export const loopbackHost = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/

/**
 * The origin that a request is for, by its URL and its `Host`. Whoever points a name of his own at this machine (DNS
 * rebinding) gets no further.
 */
export function findOrigin(request: Request, origins: readonly string[] | undefined): string {
  const { host: asked, protocol } = new URL(request.url)
  const host = request.headers.get('host')?.toLowerCase() ?? asked
  const known =
    origins === undefined
      ? loopbackHost.test(host) && `${protocol}//${host}`
      : origins.find((origin) => new URL(origin).host === host)
  if (known) return known
  throw new Refusal(421, 'Another host', 'The review console is not known by this name.')
}

/**
 * Whether a request that changes something comes from a page of the console. Browsers set both headers, and no page can
 * change them. Pages without a referrer send the origin `null`, which says nothing. Another port of the same host is the
 * same site, so that cookies come along, but another origin.
 */
export function isFromOwnPage(headers: Headers, origin: string): boolean {
  const from = headers.get('origin') ?? 'null'
  const site = headers.get('sec-fetch-site')
  if (site !== null && site !== 'same-origin') return false
  return from === 'null' ? site !== null : from === origin
}
