import type { Clock } from '@sallyport/core'
import { GateError } from '../errors.ts'
import { answerPage, answerSeeOther } from './answer.ts'
import type { ConsoleEvent } from './console-event.ts'
import type { ReviewConsoleOptions } from './console-options.ts'
import { createFailedSignIns } from './failed-sign-ins.ts'
import type { PageSurroundings } from './pages/console-page.ts'
import { withQuery } from './pages/links.ts'
import { renderSignInPage } from './pages/sign-in-page.ts'
import type { Form } from './read-form.ts'
import { Refusal } from './refusal.ts'
import { parseRoute, type Route } from './routes.ts'
import { sessionCookie } from './session-cookie.ts'
import { createSessions, isSameSecret, type Session } from './sessions.ts'
import { createSignInSecrets, isReviewerName } from './sign-in-secrets.ts'

/** Who may see and do what. */
export interface Access {
  showSignIn(query: URLSearchParams): Response
  signIn(origin: string, form: Form, remoteAddress: string | undefined): Promise<Response>
  signOut(request: Request, origin: string): Response
  /** Answers for somebody who is signed in; sends everybody else to sign in. */
  within(
    request: Request,
    origin: string,
    route: Route,
    answer: (session: Session, surroundings: PageSurroundings) => Promise<Response>,
  ): Promise<Response>
  /** @throws {Refusal} 403 for a form that was not made for this session. */
  requireFormToken(session: Session, form: Form): void
  issueCode(reviewer: string, lifetimeMs: number): string
}

/** Keeps sessions of reviewers, whichever way they sign in. */
export function createAccess(
  options: ReviewConsoleOptions & { readonly prefix: string; readonly clock: Clock },
  anybody: PageSurroundings,
  emit: (event: ConsoleEvent) => void,
): Access {
  const { prefix, clock, sessionMs = 8 * 3_600_000, maxSessions = 1000, maxFailedSignIns = 10 } = options
  const { signIn } = options
  const { links } = anybody
  const secrets = 'tokens' in signIn ? createSignInSecrets(signIn.tokens, clock) : undefined
  const sessions = createSessions({ clock, lifetimeMs: sessionMs, maxSessions })
  const failures = createFailedSignIns({ clock, most: maxFailedSignIns })
  const surround = (session: Session): PageSurroundings => {
    const { reviewer, formToken, flash } = session
    return { ...anybody, reviewer, formToken, flash, canSignOut: secrets !== undefined }
  }

  const signInPage = (
    next: string,
    status = 200,
    problem?: string,
    headers?: Readonly<Record<string, string>>,
  ) => answerPage(renderSignInPage({ next, problem }, anybody), { status, ...(headers && { headers }) })

  /** The session of a cookie, where it is that of who sends the request. */
  const find = async (
    request: Request,
    origin: string,
  ): Promise<{ readonly session: Session; readonly cookie?: string } | undefined> => {
    const cookie = sessionCookie(origin, prefix)
    const session = sessions.find(cookie.read(request.headers))
    if ('tokens' in signIn) return session && { session }
    const reviewer = await signIn.authenticate(request)
    if (reviewer === undefined || !isReviewerName(reviewer)) return undefined
    if (session?.reviewer === reviewer) return { session }
    const opened = sessions.open(reviewer)
    return { session: opened.session, cookie: cookie.write(opened.id) }
  }

  return {
    showSignIn(query) {
      if (!secrets) throw new Refusal(404, 'Not found', 'Sign in where this console is part of.')
      return signInPage(query.get('next') ?? '')
    },

    async signIn(origin, form, remoteAddress = 'unknown') {
      if (!secrets) throw new Refusal(404, 'Not found', 'Sign in where this console is part of.')
      requireFields(form, ['next', 'secret'])
      const next = form.get('next') ?? ''
      const wait = failures.waitOf(remoteAddress)
      if (wait > 0) {
        emit({ type: 'sign-in-refused', remoteAddress })
        const problem = `Too many attempts. Try again in ${wait} seconds.`
        return signInPage(next, 429, problem, { 'retry-after': String(wait) })
      }
      const reviewer = secrets.check((form.get('secret') ?? '').trim())
      if (reviewer === undefined) {
        failures.note(remoteAddress)
        emit({ type: 'sign-in-refused', remoteAddress })
        return signInPage(next, 401, 'This is no token, or a code that was used or has run out.')
      }
      emit({ type: 'signed-in', reviewer })
      const { id } = sessions.open(reviewer)
      return answerSeeOther(`${prefix}${pageToReturnTo(next)}`, {
        'set-cookie': sessionCookie(origin, prefix).write(id),
      })
    },

    signOut(request, origin) {
      const cookie = sessionCookie(origin, prefix)
      sessions.close(cookie.read(request.headers))
      return answerSeeOther(links.signIn, { 'set-cookie': cookie.remove() })
    },

    async within(request, origin, { page }, answer) {
      const found = await find(request, origin)
      if (!found && secrets && request.method !== 'POST') {
        const { pathname } = new URL(request.url)
        return answerSeeOther(
          withQuery(links.signIn, { next: page === 'list' ? '' : pathname.slice(prefix.length) }),
        )
      }
      if (!found)
        throw new Refusal(401, 'Sign in again', 'You are not signed in, or no longer. Nothing was changed.')
      const { session, cookie } = found
      const surroundings = surround(session)
      // Said once, and only where a page has room for it.
      if (request.method === 'GET') session.flash = undefined
      const response = await answer(session, surroundings)
      if (cookie !== undefined) response.headers.append('set-cookie', cookie)
      return response
    },

    requireFormToken({ formToken }, form) {
      if (isSameSecret(form.get('form') ?? '', formToken)) return
      throw new Refusal(
        403,
        'Another session',
        'This form was made for another session. Nothing was changed: load the page again.',
      )
    },

    issueCode(reviewer, lifetimeMs) {
      if (secrets) return secrets.issueCode(reviewer, lifetimeMs)
      throw new GateError('OPTIONS_INVALID', 'a platform signs in here: there are no codes')
    },
  }
}

/** A page of the console to go on with; the list where it is none, so that nobody is sent elsewhere. */
function pageToReturnTo(path: string): string {
  const page = parseRoute(path)?.page
  return page === 'entry' || page === 'promotions' || page === 'promotion' ? path : '/'
}

/** @throws {Refusal} 400 for a form with other fields than these. */
export function requireFields(form: Form, names: readonly string[]): void {
  if ([...form.keys()].every((name) => names.includes(name))) return
  throw new Refusal(400, 'Not a form', 'The form has fields that are not known. Nothing was changed.')
}
