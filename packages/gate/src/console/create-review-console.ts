import type { IncomingMessage, ServerResponse } from 'node:http'
import { isSallyportError, systemClock } from '@sallyport/core'
import { GateError } from '../errors.ts'
import { answerPage } from './answer.ts'
import type { ConsoleEvent } from './console-event.ts'
import type { ReviewConsoleOptions } from './console-options.ts'
import { createAccess } from './access.ts'
import { toWebRequest, writeWebResponse } from './node-exchange.ts'
import { createLinks } from './pages/links.ts'
import { renderMessagePage } from './pages/message-page.ts'
import { readForm } from './read-form.ts'
import { Refusal } from './refusal.ts'
import { findOrigin, isFromOwnPage, loopbackHost } from './request-origin.ts'
import { methodsOf, parseRoute } from './routes.ts'
import { createViews } from './views.ts'

/** A review console, for whichever HTTP server. */
export interface ReviewConsole {
  /** Handler of web servers; `remoteAddress` is that of the peer, by which failed sign-ins are counted. Never rejects. */
  fetch(request: Request, peer?: { readonly remoteAddress?: string | undefined }): Promise<Response>
  /** Listener of Node's `http` and `https` servers. */
  readonly node: (message: IncomingMessage, response: ServerResponse) => void
  /** Where to sign in, below the origin: the prefix and `/sign-in`. */
  readonly signInPath: string
  /**
   * A code that signs a reviewer in once, within a time in milliseconds (default 10 minutes). Put it behind the address of
   * the sign-in page as `#code=…`: what stands there is sent to nobody, and logged nowhere.
   *
   * @throws {GateError} `OPTIONS_INVALID` for a name that is none, or where a platform signs in.
   */
  issueSignInCode(reviewer: string, options?: { readonly lifetimeMs?: number | undefined }): string
}

/**
 * Makes the pages on which people look at what was stopped, and decide: a list, each entry with what stopped it and the
 * chain that keeps a package, forms to approve and to reject by the rules of the quarantine, and promotions with their
 * steps. They work without script. Errors of a store are told as such: nothing is shown that is not so.
 *
 * @throws {GateError} `OPTIONS_INVALID` for a prefix or an origin that is none, or tokens that are too short.
 */
export function createReviewConsole(options: ReviewConsoleOptions): ReviewConsole {
  const { prefix = '', origins, journal, clock = systemClock, maxRequests = 100 } = options
  const { maxBodyBytes = 16 * 1024, bodyTimeoutMs = 10_000 } = options
  if (!/^(?:\/[\w.~-]+)*$/.test(prefix))
    throw invalid(`prefix: expected a path such as "/review", not ${JSON.stringify(prefix)}`)
  for (const origin of origins ?? []) {
    const url = URL.parse(origin)
    if (!url || !/^https?:$/.test(url.protocol) || url.origin !== origin)
      throw invalid(`origins: expected one such as "https://gate.example", not ${JSON.stringify(origin)}`)
    // In the open, tokens are for everybody, and browsers do not say which page a form comes from.
    if (url.protocol === 'http:' && !loopbackHost.test(url.host))
      throw invalid(`origins: ${origin} is more than this machine: it needs https, here or at a proxy`)
  }
  const emit = (event: ConsoleEvent): void => {
    try {
      options.onEvent?.(event)
    } catch {
      // Who listens must not turn an answer into another.
    }
  }
  const links = createLinks(prefix)
  const surroundings = { links, hasPromotions: journal !== undefined }
  const access = createAccess({ ...options, prefix, clock }, surroundings, emit)
  const views = createViews({ ...options, clock }, emit)
  let open = 0

  const route = async (request: Request, remoteAddress: string | undefined): Promise<Response> => {
    const { pathname, searchParams } = new URL(request.url)
    const origin = findOrigin(request, origins)
    const found = pathname.startsWith(prefix) ? parseRoute(pathname.slice(prefix.length)) : undefined
    if (!found) throw new Refusal(404, 'Not found', 'There is no such page.')
    const allowed = methodsOf(found)
    if (!allowed.includes(request.method))
      throw new Refusal(405, 'Not like this', 'This page is not asked for in this way.', {
        allow: allowed.join(', '),
      })
    if (open >= maxRequests)
      throw new Refusal(503, 'Too much at once', 'Try again in a moment.', { 'retry-after': '1' })
    const isChange = request.method === 'POST'
    if (isChange && !isFromOwnPage(request.headers, origin))
      throw new Refusal(
        403,
        'From another page',
        'Forms are taken from pages of this console only. Nothing was changed.',
      )
    open += 1
    try {
      const limits = { maxBytes: maxBodyBytes, timeoutMs: bodyTimeoutMs }
      const read = () => readForm(request, limits)
      if (found.page === 'sign-in')
        return isChange
          ? await access.signIn(origin, await read(), remoteAddress)
          : access.showSignIn(searchParams)
      return await access.within(request, origin, found, async (session, around) => {
        if (!isChange) return views.show(found, searchParams, around)
        const form = await read()
        access.requireFormToken(session, form)
        return found.page === 'sign-out'
          ? access.signOut(request, origin)
          : views.decide(found, form, session, around)
      })
    } finally {
      open -= 1
    }
  }

  const explain = (error: unknown): Response => {
    const refusal = toRefusal(error)
    const { status, title, message, headers } = refusal
    emit(
      error instanceof Refusal
        ? { type: 'request-refused', status, reason: title }
        : { type: 'request-failed', status, error },
    )
    return answerPage(renderMessagePage({ title, message }, surroundings), { status, headers })
  }

  const fetch: ReviewConsole['fetch'] = async (request, { remoteAddress } = {}) => {
    let answer: Response
    try {
      answer = await route(request, remoteAddress)
    } catch (error) {
      answer = explain(error)
    }
    return request.method === 'HEAD' ? new Response(null, answer) : answer
  }

  return {
    fetch,
    signInPath: links.signIn,
    issueSignInCode: (reviewer, { lifetimeMs = 600_000 } = {}) => access.issueCode(reviewer, lifetimeMs),
    node(message, response) {
      const request = toWebRequest(message)
      const peer = { remoteAddress: message.socket.remoteAddress }
      const answer = request
        ? fetch(request, peer)
        : Promise.resolve(explain(new Refusal(400, 'Not a request', 'This can not be read.')))
      answer.then((ready) => writeWebResponse(response, ready)).catch(() => response.destroy())
    },
  }
}

/** What to say of an error: that something failed, by its code, and nothing of what it holds. */
function toRefusal(error: unknown): Refusal {
  if (error instanceof Refusal) return error
  const code = isSallyportError(error) ? String(error.code) : 'UNEXPECTED'
  if (code === 'OPTIONS_INVALID')
    return new Refusal(400, 'Not like this', 'What was asked for can not be looked for.')
  if (code === 'QUARANTINE_UNKNOWN') return notFound()
  const isStore = /^(?:JOURNAL|QUARANTINE)_/.test(code)
  return new Refusal(
    isStore ? 503 : 500,
    'It is not known',
    `${isStore ? 'The store does not answer' : 'Something failed'} (${code}). How it stands is not known, and nothing counts as approved. Try again, and look at the log of the console.`,
  )
}

const notFound = () => new Refusal(404, 'Not found', 'There is no such entry.')
const invalid = (message: string) => new GateError('OPTIONS_INVALID', message)
