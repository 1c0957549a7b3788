import { type Clock, isSallyportError, systemClock } from '@sallyport/core'
import {
  backoffMs,
  defaultSleep,
  isRetriedStatus,
  parseRetryAfter,
  type RetryOptions,
  type Sleep,
  type WireAnswer,
  type WireRequest,
} from '@sallyport/oci/cloud'
import { AttestError } from '../errors.ts'
import { readRefusal } from './read-refusal.ts'

/** One request to a service. */
export interface ServiceRequest {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | undefined
  /** Statuses, besides 2xx, that are an answer. */
  readonly accept?: readonly number[] | undefined
  /** What must not come back in an error message: tokens and passwords that are sent. */
  readonly secrets?: readonly string[] | undefined
  /** Makes header fields for each try; they count as secret. */
  readonly authenticate?: ((signal: AbortSignal) => Promise<Readonly<Record<string, string>>>) | undefined
  /** Takes what a 401 asks for (`WWW-Authenticate`); whether the request may now succeed. Called once at most. */
  readonly challenged?: ((challenge: string | undefined) => boolean) | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a service answered. */
export interface ServiceAnswer {
  readonly status: number
  /** The field's value; of a repeated field the first. */
  header(name: string): string | undefined
  readonly body: Buffer
}

/** What went wrong. */
export interface ServiceFailure {
  /** No answer, or only that the service is busy or broken; a refusal; an answer that can't be one. */
  readonly kind: 'unavailable' | 'refused' | 'invalid'
  /** What the service did: the rest of a sentence that begins with its name. Holds no secret. */
  readonly why: string
  readonly status?: number | undefined
  readonly serviceCode?: string | undefined
  readonly retryable: boolean
}

/** How a request is made, repeated and reported. */
export interface ExchangeSettings {
  readonly send: (request: WireRequest) => Promise<WireAnswer>
  readonly toError: (failure: ServiceFailure) => AttestError
  readonly timeoutMs: number
  readonly retry: Readonly<Record<keyof RetryOptions, number>>
  readonly sleep?: Sleep | undefined
  readonly clock?: Clock | undefined
  /** Names of errors that pass by themselves, although their status does not say so. */
  readonly throttlingCodes?: readonly string[] | undefined
}

/** Far more than any of these services answers. */
const maxAnswerBytes = 1024 * 1024

interface Failed {
  readonly error: AttestError
  readonly retryAfterMs?: number | undefined
}

/**
 * Sends a request, again when that may help. Redirects are not followed: what is sent is meant for the host that was
 * named. No error keeps what a library threw: it may hold the request, and with it a token.
 */
export async function exchange(asked: ServiceRequest, settings: ExchangeSettings): Promise<ServiceAnswer> {
  const { retry, sleep = defaultSleep } = settings
  const { attempts, baseDelayMs, maxDelayMs } = retry
  for (let count = 1, mayBeChallenged = true; ;) {
    asked.signal?.throwIfAborted()
    const outcome = await tryOnce(asked, mayBeChallenged, settings)
    if (outcome === 'challenged') {
      mayBeChallenged = false
      continue
    }
    if ('body' in outcome) return outcome
    const { error, retryAfterMs } = outcome
    if (!error.retryable || count >= attempts || (retryAfterMs ?? 0) > maxDelayMs) throw error
    await sleep(retryAfterMs ?? backoffMs(count, baseDelayMs, maxDelayMs, Math.random()), asked.signal)
    count++
  }
}

async function tryOnce(
  { method, url, headers, body, accept = [], secrets = [], authenticate, challenged, signal }: ServiceRequest,
  mayBeChallenged: boolean,
  settings: ExchangeSettings,
): Promise<ServiceAnswer | Failed | 'challenged'> {
  const timeout = AbortSignal.timeout(settings.timeoutMs)
  const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  try {
    const proof = (await authenticate?.(either)) ?? {}
    const answer = await settings.send({
      method,
      url,
      headers: { ...headers, ...proof },
      body: typeof body === 'string' ? Buffer.from(body, 'utf8') : body,
      signal: either,
    })
    const { status, header } = answer
    if (status === 401 && mayBeChallenged && challenged?.(header('www-authenticate'))) {
      await answer.discard()
      return 'challenged'
    }
    const received = Buffer.from(await answer.bytes(maxAnswerBytes))
    if ((status >= 200 && status < 300) || accept.includes(status)) return { status, header, body: received }
    const retryAfterMs = parseRetryAfter(header('retry-after'), (settings.clock ?? systemClock).now())
    const sent = [...secrets, ...Object.values(proof).flatMap(secretsOf)]
    return { error: settings.toError(refusal(status, received, sent, settings)), retryAfterMs }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof AttestError) return { error }
    return { error: settings.toError(lostAnswer(error, timeout.aborted, settings)) }
  }
}

/** A field such as `Bearer TOKEN`, and the words that are long enough to be the secret in it. */
function secretsOf(field: string): readonly string[] {
  return [field, ...field.split(/\s+/)].filter((each) => each.length >= 8)
}

function refusal(
  status: number,
  body: Buffer,
  secrets: readonly string[],
  { throttlingCodes = [] }: ExchangeSettings,
): ServiceFailure {
  const { serviceCode, explanation } = readRefusal(body, secrets)
  const retryable = isRetriedStatus(status) || throttlingCodes.includes(serviceCode ?? '')
  const said = status >= 300 && status < 400 ? 'redirects are not followed' : explanation
  const named = serviceCode === undefined ? '' : ` (${serviceCode})`
  const why = `answered with status ${status}${named}${said === undefined ? '' : `: ${said}`}`
  return { kind: retryable ? 'unavailable' : 'refused', why, status, serviceCode, retryable }
}

function lostAnswer(error: unknown, timedOut: boolean, { timeoutMs }: ExchangeSettings): ServiceFailure {
  if (timedOut) return { kind: 'unavailable', why: `gave no answer within ${timeoutMs} ms`, retryable: true }
  if (!isSallyportError(error))
    return { kind: 'unavailable', why: `could not be reached (${codeOf(error)})`, retryable: true }
  if (error.code === 'LIMIT_EXCEEDED')
    return { kind: 'invalid', why: `answered with more than ${maxAnswerBytes} bytes`, retryable: false }
  // Of our own errors it is known that they hold no secret.
  return { kind: 'unavailable', why: `could not be reached: ${error.message}`, retryable: error.retryable }
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'unknown error'
}
