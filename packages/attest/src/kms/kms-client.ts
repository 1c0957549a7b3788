import {
  backoffMs,
  createTransport,
  defaultSleep,
  isRetriedStatus,
  parseRetryAfter,
  type WireAnswer,
} from '@sallyport/oci/cloud'
import { isSallyportError, systemClock } from '@sallyport/core'
import type * as z from 'zod'
import { AttestError } from '../errors.ts'
import { parseStrictJson } from '../internal/strict-json.ts'
import { type KmsKey, kmsError } from './kms-key.ts'
import type { KmsSignerOptions } from './kms-signer-options.ts'
import { readRefusal } from './read-refusal.ts'

/** A request before it is authenticated. */
export interface UnauthenticatedRequest {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  /** Empty when there is none. */
  readonly body: string
  readonly signal: AbortSignal | undefined
}

/** How requests to a service are authenticated. */
export interface KmsAuthentication {
  /** Header fields to send besides those of the request; all of them count as secret. */
  authenticate(request: UnauthenticatedRequest): Promise<Readonly<Record<string, string>>>
  /** Takes what a 401 asks for (`WWW-Authenticate`); whether the request may now succeed. */
  challenged?(challenge: string | undefined): boolean
}

/** One call of a service's API. */
export interface KmsCall<T extends z.ZodType> {
  readonly method: 'GET' | 'POST'
  /** Path and query, after that of the endpoint. */
  readonly path: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** Sent as JSON. */
  readonly body?: object | undefined
  /** The form of the answer. */
  readonly answer: T
  readonly signal: AbortSignal | undefined
}

/** Calls one service for one key. */
export interface KmsClient {
  /** @throws {AttestError} `KMS_ERROR` when the service does not answer, refuses, or answers in another form. */
  call<T extends z.ZodType>(call: KmsCall<T>): Promise<z.output<T>>
}

/** What {@link createKmsClient} needs. */
export interface KmsClientParts extends KmsAuthentication {
  readonly key: KmsKey
  /** As {@link parseEndpoint} returns it. */
  readonly endpoint: string
  /** PEM certificates of the service's own authority. */
  readonly ca?: string | undefined
  /** Names of errors that pass by themselves, although their status does not say so. */
  readonly throttlingCodes?: readonly string[] | undefined
  readonly options: KmsSignerOptions
}

const maxAnswerBytes = 1024 * 1024

interface Failure {
  readonly failure: AttestError
  readonly retryAfterMs?: number | undefined
}

/** Creates a client. Redirects are not followed: requests carry credentials. */
export function createKmsClient(parts: KmsClientParts): KmsClient {
  const { key, endpoint, ca, throttlingCodes = [], options } = parts
  const { env = process.env, timeoutMs = 20_000, clock = systemClock, sleep = defaultSleep } = options
  const { attempts = 4, baseDelayMs = 200, maxDelayMs = 5000 } = options.retry ?? {}
  const { host } = new URL(endpoint)
  // Idle connections close by themselves and keep no process alive.
  const transport = createTransport({
    proxyEnvironment: env,
    connectTimeoutMs: Math.min(timeoutMs, 10_000),
    ca,
  })

  async function headersOf(request: UnauthenticatedRequest): Promise<Readonly<Record<string, string>>> {
    try {
      return await parts.authenticate(request)
    } catch (cause) {
      if (cause instanceof AttestError) throw cause
      // Only of our own errors it is known that they hold no secret.
      const [why, retryable] = isSallyportError(cause) ? [`: ${cause.message}`, cause.retryable] : ['', false]
      const message = `could not get credentials for the service${why}`
      throw kmsError('KMS_ERROR', key, message, { cause, retryable })
    }
  }

  async function refusalOf(answer: WireAnswer, sent: Readonly<Record<string, string>>): Promise<Failure> {
    const { status } = answer
    const secrets = Object.values(sent)
      .flatMap((value) => [value, ...value.split(/\s+/)])
      .filter((each) => each.length >= 8)
    const body = Buffer.from(await answer.bytes(maxAnswerBytes)).toString('utf8')
    const { serviceCode, explanation } = readRefusal(body, secrets)
    const isRedirect = status >= 300 && status < 400
    const why = isRedirect ? 'it redirects, which is not followed with credentials' : explanation
    const named = serviceCode === undefined ? '' : ` (${serviceCode})`
    const message = `${host} answered with status ${status}${named}${why === undefined ? '' : `: ${why}`}`
    const retryable = isRetriedStatus(status) || throttlingCodes.includes(serviceCode ?? '')
    return {
      failure: kmsError('KMS_ERROR', key, message, { status, serviceCode, retryable }),
      retryAfterMs: parseRetryAfter(answer.header('retry-after'), clock.now()),
    }
  }

  async function attempt<T extends z.ZodType>(
    request: UnauthenticatedRequest,
    schema: T,
    mayBeChallenged: boolean,
  ): Promise<{ readonly value: z.output<T> } | Failure | 'challenged'> {
    const { method, url, headers, body, signal } = request
    const timeout = AbortSignal.timeout(timeoutMs)
    const either = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
    try {
      const sent = await headersOf({ ...request, signal: either })
      const answer = await transport.send({
        method,
        url,
        headers: { ...headers, ...sent },
        body: body === '' ? undefined : Buffer.from(body, 'utf8'),
        signal: either,
      })
      if (answer.status === 401 && mayBeChallenged && parts.challenged?.(answer.header('www-authenticate'))) {
        await answer.discard()
        return 'challenged'
      }
      if (answer.status !== 200) return await refusalOf(answer, sent)
      return { value: readAnswer(await answer.bytes(maxAnswerBytes), schema) }
    } catch (cause) {
      signal?.throwIfAborted()
      if (cause instanceof AttestError) return { failure: cause }
      const isTooLong = (cause as { code?: unknown }).code === 'LIMIT_EXCEEDED'
      const message = timeout.aborted
        ? `${host} did not answer within ${timeoutMs} ms`
        : isTooLong
          ? `${host} answered with more than ${maxAnswerBytes} bytes`
          : `${host} could not be asked`
      return { failure: kmsError('KMS_ERROR', key, message, { cause, retryable: !isTooLong }) }
    }
  }

  function readAnswer<T extends z.ZodType>(bytes: Uint8Array, schema: T): z.output<T> {
    let value: unknown
    try {
      value = parseStrictJson(bytes)
    } catch {
      throw kmsError('KMS_ERROR', key, `${host} did not answer with JSON`)
    }
    const parsed = schema.safeParse(value)
    if (parsed.success) return parsed.data
    const at = parsed.error.issues[0]?.path.join('.') || 'the top'
    throw kmsError('KMS_ERROR', key, `the answer of ${host} has an unexpected form at ${at}`)
  }

  return {
    async call({ method, path, headers = {}, body, answer, signal }) {
      const request = {
        method,
        url: new URL(endpoint + path),
        headers: body === undefined ? headers : { 'content-type': 'application/json', ...headers },
        body: body === undefined ? '' : JSON.stringify(body),
        signal,
      }
      for (let count = 1, mayBeChallenged = true; ;) {
        signal?.throwIfAborted()
        const outcome = await attempt(request, answer, mayBeChallenged)
        if (outcome === 'challenged') {
          mayBeChallenged = false
          continue
        }
        if ('value' in outcome) return outcome.value
        const { failure, retryAfterMs } = outcome
        if (!failure.retryable || count >= attempts || (retryAfterMs ?? 0) > maxDelayMs) throw failure
        await sleep(retryAfterMs ?? backoffMs(count, baseDelayMs, maxDelayMs, Math.random()), signal)
        count++
      }
    },
  }
}
