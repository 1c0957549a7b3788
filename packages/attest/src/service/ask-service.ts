import { createTransport, sendThrough } from '@sallyport/oci/cloud'
import { AttestError, type AttestErrorCode } from '../errors.ts'
import { exchange, type ServiceAnswer, type ServiceFailure, type ServiceRequest } from './exchange.ts'
import type { ServiceOptions } from './service-options.ts'
import { whyUnsafe } from './service-url.ts'

/** A request to a service that is asked now and then, over connections for this one request. */
export interface AskedService extends ServiceRequest {
  /** It belongs to this machine or its cloud: no proxy leads there, and its own link may do without TLS. */
  readonly onMachine?: boolean | undefined
}

const codes: Readonly<Record<ServiceFailure['kind'], AttestErrorCode>> = {
  unavailable: 'SERVICE_UNAVAILABLE',
  refused: 'SERVICE_REFUSED',
  invalid: 'SERVICE_INVALID',
}

/**
 * Sends a request to a signing service.
 *
 * @param service its name in messages.
 * @throws {AttestError} `SERVICE_UNAVAILABLE` when there is no answer in time, or only that the service is busy or broken.
 * @throws {AttestError} `SERVICE_REFUSED` for any other status, or when the URL is not one that may be asked.
 * @throws {AttestError} `SERVICE_INVALID` when the answer is longer than 1 MiB.
 */
export async function askService(
  service: string,
  { onMachine = false, ...asked }: AskedService,
  {
    timeoutMs = 30_000,
    retry: { attempts = 3, baseDelayMs = 500, maxDelayMs = 10_000 } = {},
    dispatcher,
    proxyEnvironment = process.env,
    unsafeAllowHttp = false,
    sleep,
  }: ServiceOptions = {},
): Promise<ServiceAnswer> {
  const unsafe = whyUnsafe(asked.url, { onMachine, unsafeAllowHttp })
  if (unsafe !== undefined) throw new AttestError('SERVICE_REFUSED', `${service}: ${unsafe}`)
  const transport = createTransport({
    proxyEnvironment: onMachine ? false : proxyEnvironment,
    connectTimeoutMs: timeoutMs,
    headersTimeoutMs: timeoutMs,
    bodyTimeoutMs: timeoutMs,
  })
  try {
    return await exchange(asked, {
      send: dispatcher === undefined ? transport.send : async (request) => sendThrough(dispatcher, request),
      toError: ({ kind, why, retryable }) =>
        new AttestError(codes[kind], `${service} at ${asked.url.origin} ${why}`, { retryable }),
      timeoutMs,
      retry: { attempts, baseDelayMs, maxDelayMs },
      sleep,
    })
  } finally {
    await transport.close()
  }
}
