import { isSallyportError, systemClock } from '@sallyport/core'
import { addressScope, createTransport, parseRetryAfter } from '@sallyport/oci/cloud'
import { MonitorError } from '../errors.ts'
import type { HttpSinkOptions, SinkHeaders } from './http-sink-options.ts'
import { redact } from './redact.ts'

/** One request to a receiver of alerts. */
export interface Post {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly signal: AbortSignal
}

/** Where requests go to. */
export interface Receiver {
  /** Name of the sink, for messages. */
  readonly name: string
  readonly url: string
  /** Sent with each request. */
  readonly headers?: SinkHeaders | undefined
  /** What is sent, or in the URL, and must not come back in a message. */
  readonly secrets?: readonly string[] | undefined
  /** Which statuses say that the alert was taken. Default: 2xx. */
  readonly isTaken?: ((status: number) => boolean) | undefined
}

const maxAnswerBytes = 64 * 1024

/**
 * Makes a function that posts to one URL. It follows no redirects, and rejects with `SINK_FAILED`: not `retryable` for
 * statuses from 400 to 499 but 408, 425 and 429, which are there to stay.
 *
 * @throws {MonitorError} `OPTIONS_INVALID` for a URL that nothing secret may be sent to.
 */
export function createPoster(
  { name, url: address, headers: given = {}, secrets = [], isTaken = isSuccess }: Receiver,
  {
    timeoutMs = 15_000,
    ca,
    proxyEnvironment = process.env,
    unsafeAllowHttp = false,
    clock = systemClock,
  }: HttpSinkOptions,
): (post: Post) => Promise<void> {
  const url = parseUrl(name, address, unsafeAllowHttp)
  const failed = (why: string, options: { retryable: boolean; status?: number; retryAfterMs?: number }) =>
    new MonitorError('SINK_FAILED', `${name}: ${url.host} ${why}`, { subject: name, ...options })

  return async ({ headers, body, signal }) => {
    signal.throwIfAborted()
    const timeout = AbortSignal.timeout(timeoutMs)
    const either = AbortSignal.any([signal, timeout])
    const transport = createTransport({
      connectTimeoutMs: timeoutMs,
      headersTimeoutMs: timeoutMs,
      bodyTimeoutMs: timeoutMs,
      ca,
      proxyEnvironment,
    })
    try {
      const authorised = typeof given === 'function' ? await given(either) : given
      const { status, header, bytes, discard } = await transport.send({
        method: 'POST',
        url,
        headers: { ...authorised, ...headers },
        body: Buffer.from(body),
        signal: either,
      })
      if (isTaken(status)) return await discard()
      const answer = await bytes(maxAnswerBytes).catch(() => new Uint8Array())
      const sent = [...secrets, url.pathname, ...Object.values(authorised).flatMap(secretsOf)]
      const retryAfterMs = parseRetryAfter(header('retry-after'), clock.now())
      throw failed(`answered with status ${status}${explain(answer, sent)}`, {
        status,
        retryable: isRetried(status),
        ...(retryAfterMs !== undefined && { retryAfterMs }),
      })
    } catch (error) {
      signal.throwIfAborted()
      if (error instanceof MonitorError) throw error
      if (timeout.aborted) throw failed(`gave no answer within ${timeoutMs} ms`, { retryable: true })
      // What a library throws may hold the request, and is not kept.
      throw failed(`could not be asked (${codeOf(error)})`, { retryable: true })
    } finally {
      await transport.close()
    }
  }
}

function parseUrl(name: string, address: string, unsafeAllowHttp: boolean): URL {
  const refused = (why: string) => new MonitorError('OPTIONS_INVALID', `${name}: ${why}`, { subject: name })
  const url = URL.parse(address)
  if (url === null) throw refused('expected a URL')
  if (url.username !== '' || url.password !== '')
    throw refused('the URL must not hold a user name or password')
  const mayDoWithoutTls = unsafeAllowHttp || addressScope(url.hostname) === 'loopback'
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && mayDoWithoutTls))
    throw refused(`expected an https URL, got ${url.protocol.slice(0, -1)} for ${url.host}`)
  return url
}

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300
}

function isRetried(status: number): boolean {
  return status < 400 || status >= 500 || [408, 425, 429].includes(status)
}

/** A field such as `Bearer TOKEN`, and the words that are long enough to be the secret in it. */
function secretsOf(field: string): readonly string[] {
  return [field, ...field.split(/\s+/)].filter((each) => each.length >= 8)
}

function explain(body: Uint8Array, secrets: readonly string[]): string {
  const said = redact(
    Buffer.from(body).toString('utf8'),
    secrets.filter((each) => each.length > 1),
  )
  // A page is for browsers.
  return said === '' || said.startsWith('<') ? '' : `: ${said}`
}

function codeOf(error: unknown): string {
  const { code } = error as { readonly code?: unknown }
  if (isSallyportError(error) || (typeof code === 'string' && /^\w{1,60}$/.test(code))) return String(code)
  return 'unknown error'
}
