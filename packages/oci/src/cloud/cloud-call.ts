import { OciError, type OciErrorOptions } from '../errors.ts'
import { addressScope } from '../http/address-scope.ts'
import type { Environment } from '../http/choose-proxy.ts'
import { isRetriedStatus } from '../http/retry-delay.ts'
import { createTransport, type WireRequest } from '../http/transport.ts'

/** A call of a cloud's own API. */
export interface CloudCall {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | URLSearchParams | undefined
  /** What is wanted, for errors, e.g. `an ECR authorization token`. */
  readonly purpose: string
  /** Where proxies are named; metadata services are reached without. */
  readonly env: Environment | false
  readonly signal?: AbortSignal | undefined
}

/** What a cloud answers with. */
export interface CloudAnswer {
  readonly text: string
  header(name: string): string | undefined
}

const maxAnswerBytes = 1024 * 1024
const timeoutMs = 20_000
/** A metadata service is near, or this is no machine of that cloud. */
const metadataTimeoutMs = 3000
/** Then nobody is there, however often it is asked. */
const nowhereCodes: ReadonlySet<string> = new Set([
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
])

/**
 * Calls a cloud. Redirects are not followed: the call carries secrets.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when the answer is not 200, too long, or does not come in time.
 */
export async function callCloud(call: CloudCall): Promise<CloudAnswer> {
  const { method, url, headers = {}, body, purpose, env, signal } = call
  const { protocol, hostname, host } = parseUrl(url, purpose)
  if (env !== false && protocol !== 'https:' && addressScope(hostname) !== 'loopback') {
    throw cloudError(purpose, `${host} is not asked without TLS`)
  }
  const limitMs = env === false ? metadataTimeoutMs : timeoutMs
  const transport = createTransport({ proxyEnvironment: env, connectTimeoutMs: Math.min(limitMs, 10_000) })
  const timeout = AbortSignal.timeout(limitMs)
  try {
    const answer = await transport.send({
      method,
      url: new URL(url),
      headers: {
        ...(body instanceof URLSearchParams ? { 'content-type': 'application/x-www-form-urlencoded' } : {}),
        ...headers,
      },
      body: body === undefined ? undefined : new TextEncoder().encode(body.toString()),
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    } satisfies WireRequest)
    const text = new TextDecoder().decode(await answer.bytes(maxAnswerBytes))
    // The text may repeat what was sent.
    if (answer.status !== 200) {
      const { status } = answer
      throw cloudError(purpose, `${host} answered with status ${status}`, {
        status,
        retryable: isRetriedStatus(status),
      })
    }
    return { text, header: answer.header }
  } catch (cause) {
    signal?.throwIfAborted()
    if (cause instanceof OciError && cause.code === 'CREDENTIALS_UNREADABLE') throw cause
    const isNowhere = timeout.aborted || nowhereCodes.has((cause as NodeJS.ErrnoException).code ?? '')
    const retryable = env !== false || !isNowhere
    throw cloudError(purpose, `${host} could not be asked`, { cause, retryable })
  } finally {
    await transport.close()
  }
}

/** The error for credentials that a cloud does not give. */
export function cloudError(
  purpose: string,
  reason: string,
  options: Pick<OciErrorOptions, 'status' | 'retryable' | 'cause'> = {},
): OciError {
  return new OciError('CREDENTIALS_UNREADABLE', `could not get ${purpose}: ${reason}`, options)
}

function parseUrl(url: string, purpose: string): URL {
  if (URL.canParse(url)) return new URL(url)
  // It is a setting, which may hold a password.
  throw cloudError(purpose, 'where to ask is no URL')
}
