import type { AuthorizationNeed, Authorizer } from '../auth/authorizer.ts'
import { parseChallenges } from '../auth/parse-challenges.ts'
import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'
import { mayLead } from './address-scope.ts'
import { type RequestSubject, statusError } from './http-error.ts'
import type { MeteredTransport } from './metered-transport.ts'
import type { Refusal, Repeater } from './repeat-request.ts'
import type { WireAnswer, WireRequest } from './transport.ts'

/** One call of a registry's API. */
export interface RegistryRequest {
  readonly method: WireRequest['method']
  readonly url: URL
  readonly need: AuthorizationNeed
  readonly subject: RequestSubject
  /** Statuses that are answers; all others become errors. */
  readonly expect: readonly number[]
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Bytes can be sent again; a stream can't, so a request with one is tried once. */
  readonly body?: Uint8Array | AsyncIterable<Uint8Array> | undefined
  readonly signal?: AbortSignal | undefined
  /**
   * `blob` for the whole content of a blob, `chunk` for a piece of it that is in memory; both wait behind small requests.
   * Default `small`.
   */
  readonly lane?: 'small' | 'chunk' | 'blob' | undefined
}

/** Calls registries: signed in, redirected and repeated as needed. */
export interface RegistryHttp {
  send(request: RegistryRequest): Promise<WireAnswer>
  /** Sends, and reads the whole body within a time limit; a body that breaks off is asked for again. */
  sendAndRead(request: RegistryRequest, maxBytes: number): Promise<{ answer: WireAnswer; bytes: Uint8Array }>
}

/** What {@link createRegistryHttp} needs. */
export interface RegistryHttpParts {
  readonly transport: MeteredTransport
  readonly authorizer: Authorizer
  readonly repeater: Repeater
}

const maxRedirects = 5
/** A first sign-in, and a token for more than the first one allowed. */
const maxChallenges = 2
const maxErrorBytes = 64 * 1024
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])
/** The request as it is may be sent elsewhere (RFC 9110, sections 15.4.8 and 15.4.9); after the others it becomes a GET. */
const sameMethodRedirects: ReadonlySet<number> = new Set([307, 308])

/** Creates the caller of registries from its parts. */
export function createRegistryHttp({ transport, authorizer, repeater }: RegistryHttpParts): RegistryHttp {
  /** One try: the request, its redirects, and a second sending when the registry wants a sign-in first. */
  async function exchange(
    request: RegistryRequest,
    attempt: number,
  ): Promise<{ readonly result: WireAnswer } | Refusal> {
    const need = { ...request.need, signal: request.signal }
    let authorization = await authorizer.authorize(need)
    const replayable = isReplayable(request)
    for (let challenged = 0; ; challenged++) {
      const answer = await follow(request, authorization, attempt)
      if (request.expect.includes(answer.status)) return { result: answer }
      const text = await readErrorText(answer)
      let retryable: boolean | undefined
      if (challenged < maxChallenges && isChallenge(answer) && answer.url.origin === need.origin.origin) {
        const fields = answer.headers('www-authenticate')
        const next = await authorizer.answerChallenge(need, fields, authorization)
        if (next !== undefined && replayable) {
          authorization = next
          continue
        }
        // A stream is gone, but who can start it again may: there is a better token now.
        if (next !== undefined && authorization !== undefined) retryable = true
      }
      return repeater.refusal(answer, statusError(answer.status, text, request.subject, retryable))
    }
  }

  async function follow(
    request: RegistryRequest,
    authorization: string | undefined,
    attempt: number,
  ): Promise<WireAnswer> {
    const { method, url, headers, body, need, signal, lane = 'small' } = request
    let current = url
    let leader = need.origin
    for (let hop = 0; ; hop++) {
      // Credentials are for the registry alone: a redirect to a storage host carries its own signature in the URL.
      const own = current.origin === need.origin.origin
      const answer = await transport.send({
        method,
        url: current,
        headers: { ...headers, ...(own && authorization !== undefined ? { authorization } : {}) },
        body,
        signal,
        lane,
        attempt,
        counts: need.counts,
        ledBy: own ? undefined : leader,
      })
      if (!mayFollow(request, answer.status)) return answer
      const location = answer.header('location')
      await answer.discard()
      const next =
        location !== undefined && URL.canParse(location, current.href)
          ? new URL(location, current)
          : undefined
      if (next === undefined || hop >= maxRedirects || !mayLead(current, next, transport.scopeOf(current))) {
        throw new OciError(
          'REGISTRY_ERROR',
          next !== undefined && hop >= maxRedirects
            ? `${need.registry}: more than ${maxRedirects} redirects`
            : `${need.registry}: a redirect that must not be followed: ${printable(next === undefined ? String(location) : next.origin, 120)}`,
          { status: answer.status, reference: need.registry },
        )
      }
      leader = current
      current = next
    }
  }

  return {
    send: (request) => repeater.run(repetition(request), (attempt) => exchange(request, attempt)),
    sendAndRead: (request, maxBytes) =>
      repeater.run(repetition(request), async (attempt) => {
        const outcome = await exchange(request, attempt)
        if (!('result' in outcome)) return outcome
        return { result: { answer: outcome.result, bytes: await outcome.result.bytes(maxBytes) } }
      }),
  }
}

/** Whether a redirect is followed: a write as well, when it stays a write and is not a stream that is gone. */
function mayFollow(request: RegistryRequest, status: number): boolean {
  if (request.method === 'GET' || request.method === 'HEAD') return redirects.has(status)
  return sameMethodRedirects.has(status) && isReplayable(request)
}

function isReplayable({ body }: RegistryRequest): boolean {
  return body === undefined || body instanceof Uint8Array
}

function repetition(request: RegistryRequest): Parameters<Repeater['run']>[0] {
  const { subject, signal } = request
  return { subject, signal, ...(isReplayable(request) ? {} : { attempts: 1 }) }
}

/** A 403 can be answered like a 401 when it says that only the token is too narrow (RFC 6750, section 3.1). */
function isChallenge(answer: WireAnswer): boolean {
  if (answer.status === 401) return true
  return (
    answer.status === 403 &&
    parseChallenges(answer.headers('www-authenticate')).some(
      ({ scheme, params }) => scheme === 'bearer' && params['error'] === 'insufficient_scope',
    )
  )
}

/** The body is read before anything else is sent: the answer holds one of the few places at its host until then. */
function readErrorText(answer: WireAnswer): Promise<string> {
  return answer.bytes(maxErrorBytes).then(
    (bytes) => new TextDecoder().decode(bytes),
    () => '',
  )
}
