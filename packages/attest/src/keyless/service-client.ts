import { type Dispatcher, request } from 'undici'
import { AttestError } from '../errors.ts'
import { quoteAnswer } from './quote-answer.ts'
import { defaultSleep, isRetriedStatus, retryWaitMs } from './retry-wait.ts'
import { createServiceDispatcher, isLoopback, isMetadataService } from './service-dispatcher.ts'
import type { ServiceOptions } from './service-options.ts'

/** One request to a signing service. */
export interface ServiceRequest {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | Uint8Array | undefined
  /** Statuses, besides 2xx, that are an answer. */
  readonly accept?: readonly number[] | undefined
  /** What must not come back in an error message: tokens and passwords that are sent. */
  readonly secrets?: readonly string[] | undefined
  readonly signal?: AbortSignal | undefined
}

/** What a service answered. */
export interface ServiceAnswer {
  readonly status: number
  /** The field's value; of a repeated field the first. */
  header(name: string): string | undefined
  readonly body: Buffer
}

/** Far more than any of these services answers. */
const maxAnswerBytes = 4 * 1024 * 1024

/**
 * Sends a request to a signing service. Redirects are not followed: what is sent is meant for the host that was named.
 *
 * @param service its name in messages.
 * @throws {AttestError} `SERVICE_UNAVAILABLE` when there is no answer in time, or only that the service is busy or broken.
 * @throws {AttestError} `SERVICE_REFUSED` for any other status, or when the URL is not one that may be asked.
 * @throws {AttestError} `SERVICE_INVALID` when the answer is longer than 4 MiB.
 */
export async function askService(
  service: string,
  asked: ServiceRequest,
  {
    timeoutMs = 30_000,
    retry: { attempts = 3, baseDelayMs = 500, maxDelayMs = 10_000 } = {},
    dispatcher,
    proxyEnvironment = process.env,
    unsafeAllowHttp = false,
    sleep = defaultSleep,
  }: ServiceOptions = {},
): Promise<ServiceAnswer> {
  const { url, accept = [], secrets, signal } = asked
  requireSafe(service, url, unsafeAllowHttp)
  const own = dispatcher === undefined ? createServiceDispatcher(url, proxyEnvironment) : undefined
  const place = `${service} at ${url.origin}`
  try {
    for (let attempt = 1; ; attempt++) {
      signal?.throwIfAborted()
      const answer = await tryOnce(place, asked, { dispatcher: dispatcher ?? own, timeoutMs })
      const failed = answer instanceof AttestError
      if (!failed) {
        if ((answer.status >= 200 && answer.status < 300) || accept.includes(answer.status)) return answer
        if (!isRetriedStatus(answer.status)) throw refusal(place, answer, secrets)
      }
      const retryAfter = failed ? undefined : answer.header('retry-after')
      const wait = retryWaitMs({ attempt, baseDelayMs, maxDelayMs, retryAfter })
      if (attempt >= attempts || wait === undefined) throw failed ? answer : refusal(place, answer, secrets)
      await sleep(wait, signal)
    }
  } finally {
    await own?.destroy()
  }
}

function requireSafe(service: string, url: URL, unsafeAllowHttp: boolean): void {
  const refuse = (why: string): AttestError => new AttestError('SERVICE_REFUSED', `${service}: ${why}`)
  if (url.username !== '' || url.password !== '')
    throw refuse('the URL must not hold a user name or password')
  if (url.protocol === 'https:') return
  if (url.protocol !== 'http:') throw refuse(`expected an https URL, got ${url.protocol}`)
  if (!unsafeAllowHttp && !isLoopback(url.hostname) && !isMetadataService(url.hostname))
    throw refuse(`expected an https URL, got http for ${url.host}`)
}

interface Attempt {
  readonly dispatcher: Dispatcher | undefined
  readonly timeoutMs: number
}

/** Returns, rather than throws, what may be tried again. */
async function tryOnce(
  place: string,
  { method, url, headers, body, signal }: ServiceRequest,
  { dispatcher, timeoutMs }: Attempt,
): Promise<ServiceAnswer | AttestError> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const answer = await request(url, {
      method,
      headers: { 'accept-encoding': 'identity', 'user-agent': 'sallyport', ...headers },
      body: body ?? null,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      ...(dispatcher === undefined ? {} : { dispatcher }),
    })
    const chunks: Uint8Array[] = []
    let received = 0
    for await (const chunk of answer.body as AsyncIterable<Uint8Array>) {
      received += chunk.byteLength
      if (received > maxAnswerBytes)
        throw new AttestError(
          'SERVICE_INVALID',
          `${place}: the answer is longer than ${maxAnswerBytes} bytes`,
        )
      chunks.push(chunk)
    }
    return {
      status: answer.statusCode,
      header(name) {
        const value = answer.headers[name]
        return typeof value === 'string' ? value : value?.[0]
      },
      body: Buffer.concat(chunks),
    }
  } catch (error) {
    signal?.throwIfAborted()
    if (error instanceof AttestError) throw error
    // The error itself is not kept: a library may put the request into it, and with it a token.
    const why = timeout.aborted ? `no answer within ${timeoutMs} ms` : `no connection (${codeOf(error)})`
    return new AttestError('SERVICE_UNAVAILABLE', `${place}: ${why}`, { retryable: true })
  }
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown }
  return typeof code === 'string' && /^\w{1,60}$/.test(code) ? code : 'unknown error'
}

function refusal(
  place: string,
  { status, body }: ServiceAnswer,
  secrets: readonly string[] | undefined,
): AttestError {
  const retryable = isRetriedStatus(status)
  const said = status >= 300 && status < 400 ? 'redirects are not followed' : quoteAnswer(body, secrets)
  return new AttestError(
    retryable ? 'SERVICE_UNAVAILABLE' : 'SERVICE_REFUSED',
    `${place} answered with status ${status}${said === '' ? '' : `: ${said}`}`,
    { retryable },
  )
}
