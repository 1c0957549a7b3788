import { isSallyportError } from '@sallyport/core'
import { createTransport, sendThrough } from '@sallyport/oci/cloud'
import type * as z from 'zod'
import { AttestError } from '../errors.ts'
import { exchange } from '../service/exchange.ts'
import { readJson } from '../service/parse-answer.ts'
import { type KmsKey, kmsError } from './kms-key.ts'
import type { KmsSignerOptions } from './kms-signer-options.ts'

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

/** Creates a client; its connections are kept between calls. */
export function createKmsClient(parts: KmsClientParts): KmsClient {
  const { key, endpoint, ca, throttlingCodes, options } = parts
  const { env = process.env, timeoutMs = 20_000, clock, sleep, dispatcher } = options
  const { attempts = 4, baseDelayMs = 200, maxDelayMs = 5000 } = options.retry ?? {}
  const { host } = new URL(endpoint)
  // Idle connections close by themselves and keep no process alive.
  const transport = createTransport({
    proxyEnvironment: env,
    connectTimeoutMs: Math.min(timeoutMs, 10_000),
    headersTimeoutMs: timeoutMs,
    bodyTimeoutMs: timeoutMs,
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

  function readAnswer<T extends z.ZodType>(bytes: Uint8Array, schema: T): z.output<T> {
    const read = readJson(bytes, schema)
    if ('value' in read) return read.value
    throw kmsError('KMS_ERROR', key, `the answer of ${host} ${read.problem}`)
  }

  return {
    async call({ method, path, headers = {}, body = '', answer, signal }) {
      const request = {
        method,
        url: new URL(endpoint + path),
        headers: body === '' ? headers : { 'content-type': 'application/json', ...headers },
        body: body === '' ? '' : JSON.stringify(body),
      }
      const { body: received } = await exchange(
        {
          ...request,
          authenticate: async (stop) => headersOf({ ...request, signal: stop }),
          challenged: parts.challenged,
          signal,
        },
        {
          send: dispatcher === undefined ? transport.send : async (sent) => sendThrough(dispatcher, sent),
          toError: ({ why, status, serviceCode, retryable }) =>
            kmsError('KMS_ERROR', key, `${host} ${why}`, { status, serviceCode, retryable }),
          timeoutMs,
          retry: { attempts, baseDelayMs, maxDelayMs },
          sleep,
          clock,
          throttlingCodes,
        },
      )
      return readAnswer(received, answer)
    },
  }
}
