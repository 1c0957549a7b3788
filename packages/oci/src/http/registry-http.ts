import type { Clock } from '@sallyport/core'
import type { AuthorizationNeed, Authorizer } from '../auth/authorizer.ts'
import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'
import { mayLead } from './address-scope.ts'
import { networkError, type RequestSubject, statusError } from './http-error.ts'
import { backoffMs, isRetriedStatus, parseRetryAfter, type Sleep } from './retry-delay.ts'
import type { Transport, WireAnswer, WireRequest } from './transport.ts'

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
}

/** Calls registries: signed in, redirected and repeated as needed. */
export interface RegistryHttp {
  send(request: RegistryRequest): Promise<WireAnswer>
  /** Sends, and reads the whole body within a time limit; a body that breaks off is asked for again. */
  sendAndRead(request: RegistryRequest, maxBytes: number): Promise<{ answer: WireAnswer; bytes: Uint8Array }>
}

/** What {@link createRegistryHttp} needs. */
export interface RegistryHttpParts {
  readonly transport: Transport
  readonly authorizer: Authorizer
  readonly clock: Clock
  readonly sleep: Sleep
  readonly random: () => number
  readonly attempts: number
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  /** Time for one try of a small request, its body included, in milliseconds. */
  readonly smallTimeoutMs: number
}

const maxRedirects = 5
const maxErrorBytes = 64 * 1024
const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** Creates the caller of registries from its parts. */
export function createRegistryHttp(parts: RegistryHttpParts): RegistryHttp {
  const { transport, authorizer, clock, sleep, random, attempts, baseDelayMs, maxDelayMs, smallTimeoutMs } =
    parts

  async function repeat<T>(request: RegistryRequest, one: () => Promise<T | Refusal>): Promise<T> {
    const { signal, subject, body } = request
    const most = body === undefined || body instanceof Uint8Array ? attempts : 1
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      let failure: Error
      let wait: number | undefined
      try {
        const result = await one()
        if (!(result instanceof Refusal)) return result
        failure = result.error
        wait = result.retryAfterMs
      } catch (error) {
        signal?.throwIfAborted()
        failure = networkError(error, subject)
      }
      const retryable = failure instanceof OciError && failure.retryable
      if (!retryable || attempt >= most || (wait ?? 0) > maxDelayMs) throw failure
      await sleep(wait ?? backoffMs(attempt, baseDelayMs, maxDelayMs, random()), signal)
    }
  }

  /** One try: the request, its redirects, and a second sending when the registry wants a sign-in first. */
  async function exchange(
    request: RegistryRequest,
    signal: AbortSignal | undefined,
  ): Promise<WireAnswer | Refusal> {
    const need = { ...request.need, signal }
    let authorization = await authorizer.authorize(need)
    let answer = await follow(request, authorization, signal)
    const replayable = request.body === undefined || request.body instanceof Uint8Array
    const mostChallenges = replayable ? 2 : 0
    for (let challenged = 0; answer.status === 401 && challenged < mostChallenges; challenged++) {
      if (answer.url.origin !== need.origin.origin) break
      const next = await authorizer.answerChallenge(need, answer.headers('www-authenticate'), authorization)
      if (next === undefined) break
      await answer.discard()
      authorization = next
      answer = await follow(request, authorization, signal)
    }
    if (request.expect.includes(answer.status)) return answer
    return refuse(request, answer)
  }

  async function follow(
    { method, url, headers, body, need }: RegistryRequest,
    authorization: string | undefined,
    signal: AbortSignal | undefined,
  ): Promise<WireAnswer> {
    let current = url
    for (let hop = 0; ; hop++) {
      // Credentials are for the registry alone: a redirect to a storage host carries its own signature in the URL.
      const own = current.origin === need.origin.origin
      const answer = await transport.send({
        method,
        url: current,
        headers: { ...headers, ...(own && authorization !== undefined ? { authorization } : {}) },
        body,
        signal,
      })
      if (!redirects.has(answer.status) || (method !== 'GET' && method !== 'HEAD')) return answer
      const location = answer.header('location')
      await answer.discard()
      const next =
        location !== undefined && URL.canParse(location, current.href)
          ? new URL(location, current)
          : undefined
      if (next === undefined || hop >= maxRedirects || !mayLead(current, next)) {
        throw new OciError(
          'REGISTRY_ERROR',
          next !== undefined && hop >= maxRedirects
            ? `${need.registry}: more than ${maxRedirects} redirects`
            : `${need.registry}: a redirect that must not be followed: ${printable(next === undefined ? String(location) : next.origin, 120)}`,
          { status: answer.status, reference: need.registry },
        )
      }
      current = next
    }
  }

  async function refuse({ subject }: RegistryRequest, answer: WireAnswer): Promise<Refusal> {
    const text = await answer.bytes(maxErrorBytes).then(
      (bytes) => new TextDecoder().decode(bytes),
      () => '',
    )
    const retryAfterMs = isRetriedStatus(answer.status)
      ? parseRetryAfter(answer.header('retry-after'), clock.now())
      : undefined
    return new Refusal(statusError(answer.status, text, subject), retryAfterMs)
  }

  return {
    send: (request) => repeat(request, () => exchange(request, request.signal)),
    sendAndRead: (request, maxBytes) =>
      repeat(request, async () => {
        const timeout = AbortSignal.timeout(smallTimeoutMs)
        const signal = request.signal === undefined ? timeout : AbortSignal.any([request.signal, timeout])
        const answer = await exchange(request, signal)
        return answer instanceof Refusal ? answer : { answer, bytes: await answer.bytes(maxBytes) }
      }),
  }
}

/** An answer that was refused, with the time after which the registry wants to be asked again. */
class Refusal {
  readonly error: OciError
  readonly retryAfterMs: number | undefined

  constructor(error: OciError, retryAfterMs: number | undefined) {
    this.error = error
    this.retryAfterMs = retryAfterMs
  }
}
