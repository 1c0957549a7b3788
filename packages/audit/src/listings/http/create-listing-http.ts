import { isSallyportError, joinSignals, systemClock } from '@sallyport/core'
import { createHostLimiter } from '@sallyport/oci'
import {
  backoffMs,
  createTransport,
  defaultSleep,
  type Transport,
  type WireAnswer,
} from '@sallyport/oci/cloud'
import { AuditError } from '../../errors.ts'
import type { ListingOptions } from '../../ports/registry-listing.ts'
import type { ListingServiceOptions } from '../listing-options.ts'
import { readJson } from './read-json.ts'
import { readRefusal } from './read-refusal.ts'
import {
  type AskListing,
  type AuthorizeListing,
  below,
  type ListingAnswer,
  type ListingRequest,
  parseOrigin,
  type SignedRequest,
} from './listing-http.ts'

/** What {@link createListingHttp} needs. */
export interface ListingHttpParts {
  /** Name of the listing, for errors. */
  readonly name: string
  /** Base URL; requests go to its origin and nowhere else. */
  readonly origin: string
  readonly authorize?: AuthorizeListing | undefined
  readonly options: ListingServiceOptions
}

/** The HTTP of a listing. */
export interface ListingHttp {
  /** Asks on behalf of one call of a listing's method. */
  for(options: ListingOptions): AskListing
  /** Requests so far. */
  requests(): number
  close(): Promise<void>
}

/** Far more than a page of any of these services holds. */
const maxAnswerBytes = 8 * 1024 * 1024

type Fail = (why: string, given?: { readonly status?: number; readonly retryable?: boolean }) => AuditError

interface Received extends Pick<WireAnswer, 'status' | 'header' | 'headers'> {
  readonly bytes: Uint8Array | 'too many'
}

interface Failed {
  readonly error: AuditError
  readonly retryAfterMs?: number | undefined
  /** Ends the pause that the host was given, once it has been waited for. */
  readonly resume?: (() => void) | undefined
}

/**
 * Asks a registry's own interface for JSON, again where that may help. Redirects are not followed: what is sent is meant
 * for the host that was named. No error holds what was sent, or what a library threw.
 *
 * @throws {AuditError} `OPTIONS_INVALID` when the origin is none that credentials may be sent to.
 */
export function createListingHttp({ name, origin, authorize, options }: ListingHttpParts): ListingHttp {
  const { timeoutMs = 60_000, unsafeAllowHttp = false, clock = systemClock, sleep = defaultSleep } = options
  const { attempts = 5, baseDelayMs = 500, maxDelayMs = 60_000 } = options.retry ?? {}
  const { limiter = createHostLimiter(), random = Math.random, proxyEnvironment = process.env } = options
  const base = parseOrigin(name, origin, unsafeAllowHttp)
  let requests = 0
  let own: Transport | undefined
  const transport = () =>
    options.transport ?? (own ??= createTransport({ proxyEnvironment, connections: limiter.requests }))

  async function tryOnce(
    request: ListingRequest,
    renew: boolean,
    call: ListingOptions,
  ): Promise<ListingAnswer | Failed | 'unauthorized'> {
    const { method = 'GET', to, body = '', subject, accept = [], scope, anonymous = false } = request
    const fail: Fail = (why, given) =>
      new AuditError('LISTING_FAILED', `${subject}: could not ${request.action}: ${base.host} ${why}`, {
        subject,
        ...given,
      })
    const url = typeof to === 'string' ? below(base, to) : to
    if (url.origin !== base.origin || url.username !== '' || url.password !== '')
      throw new AuditError('LISTING_INVALID', `${subject}: the listing leads away from ${base.origin}`, {
        subject,
      })
    const unsigned = { method, url, headers: { accept: 'application/json', ...request.headers }, body, scope }
    const proof = anonymous ? {} : await prove(unsigned, renew, call, fail)
    const release = await limiter.acquire(url.host, 'small', call.signal)
    try {
      const received = await receive({ ...unsigned, headers: { ...unsigned.headers, ...proof } }, call, fail)
      if ('error' in received) return received
      const { status, header, headers, bytes } = received
      if (bytes === 'too many')
        throw new AuditError(
          'LISTING_INVALID',
          `${subject}: ${base.host} answered with more than ${maxAnswerBytes} bytes`,
          { subject },
        )
      if (status === 200) {
        return { status, url, header, headers, json: readJson(bytes, { subject, host: base.host }) }
      }
      if (accept.includes(status)) return { status, url, header, headers, json: readJson(bytes) }
      if (status === 401 && authorize !== undefined && !anonymous && !renew) return 'unauthorized'
      const secrets = [...Object.values(proof), body]
      const { why, retryable, retryAfterMs } = readRefusal(
        { status, header, bytes },
        { permission: request.permission, secrets, now: clock.now() },
      )
      const pauses = retryAfterMs !== undefined && retryAfterMs <= maxDelayMs
      const resume = pauses ? limiter.pause(url.host, retryAfterMs) : undefined
      return { error: fail(why, { status, retryable }), retryAfterMs, resume }
    } finally {
      release()
    }
  }

  /** Sends a request once and reads the answer to its end. */
  async function receive(
    { method, url, headers, body }: SignedRequest,
    call: ListingOptions,
    fail: Fail,
  ): Promise<Received | Failed> {
    requests++
    const timeout = new AbortController()
    const timer = setTimeout(
      () => timeout.abort(new DOMException('the time is up', 'TimeoutError')),
      timeoutMs,
    )
    timer.unref()
    using joined = joinSignals([call.signal, timeout.signal])
    let answer: WireAnswer | undefined
    try {
      const content = body === '' ? undefined : Buffer.from(body, 'utf8')
      answer = await transport().send({ method, url, headers, body: content, signal: joined.signal })
      const { status, header, headers: all } = answer
      return { status, header, headers: all, bytes: await answer.bytes(maxAnswerBytes) }
    } catch (error) {
      call.signal?.throwIfAborted()
      if (answer !== undefined && isSallyportError(error) && error.code === 'LIMIT_EXCEEDED')
        return { status: answer.status, header: answer.header, headers: answer.headers, bytes: 'too many' }
      const why = timeout.signal.aborted
        ? `gave no answer within ${timeoutMs} ms`
        : `could not be reached${codeOf(error)}`
      return { error: fail(why, { retryable: true }) }
    } finally {
      clearTimeout(timer)
    }
  }

  async function prove(
    request: SignedRequest,
    renew: boolean,
    call: ListingOptions,
    fail: Fail,
  ): Promise<Readonly<Record<string, string>>> {
    if (authorize === undefined) return {}
    try {
      const ask: AskListing = (other) => run({ ...other, anonymous: true }, call)
      return await authorize(request, { renew, signal: call.signal, ask })
    } catch (error) {
      call.signal?.throwIfAborted()
      if (error instanceof AuditError) throw error
      // Of our own errors it is known that they hold no secret.
      const why = isSallyportError(error) ? error.message : 'what finds them failed'
      throw fail(`can't be signed in to: there are no credentials: ${why}`)
    }
  }

  async function run(request: ListingRequest, call: ListingOptions): Promise<ListingAnswer> {
    let renew = false
    for (let count = 1; ;) {
      call.signal?.throwIfAborted()
      const outcome = await tryOnce(request, renew, call)
      if (outcome === 'unauthorized') {
        renew = true
        continue
      }
      if ('json' in outcome) return outcome
      const { error, retryAfterMs, resume } = outcome
      if (!error.retryable || count >= attempts || (retryAfterMs ?? 0) > maxDelayMs) throw error
      await sleep(retryAfterMs ?? backoffMs(count, baseDelayMs, maxDelayMs, random()), call.signal)
      resume?.()
      count++
    }
  }

  return {
    for: (call) => (request) => run(request, call),
    requests: () => requests,
    async close() {
      await own?.close()
      own = undefined
    },
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? ` (${code})` : ''
}
