import { addressScope } from '@sallyport/oci/cloud'
import { AttestError } from '../errors.ts'

/** What makes a URL without TLS acceptable beyond this machine. */
export interface AcceptedUrls {
  /** A service of this machine's cloud, which speaks HTTP over a link of its own. */
  readonly onMachine?: boolean | undefined
  readonly unsafeAllowHttp?: boolean | undefined
}

/** Why nothing secret may be sent to a URL, or `undefined`. What the URL holds is not in the text, but for its host. */
export function whyUnsafe(
  { protocol, hostname, host, username, password }: URL,
  { onMachine = false, unsafeAllowHttp = false }: AcceptedUrls = {},
): string | undefined {
  if (username !== '' || password !== '') return 'the URL must not hold a user name or password'
  if (protocol === 'https:') return undefined
  if (protocol !== 'http:') return `expected an https URL, got ${protocol}`
  const scope = addressScope(hostname)
  const isNear = scope === 'link-local' || hostname === 'metadata.google.internal'
  if (unsafeAllowHttp || scope === 'loopback' || (onMachine && isNear)) return undefined
  return `expected an https URL, got http for ${host}`
}

/**
 * Joins a service's base URL and the path of one of its methods; the base may have a path of its own.
 *
 * @throws {AttestError} `SERVICE_REFUSED` when the base is no URL, or has a query or fragment where a path follows.
 */
export function serviceUrl(service: string, base: string, path = ''): URL {
  const url = URL.parse(base)
  if (url === null) throw new AttestError('SERVICE_REFUSED', `${service}: expected a URL`)
  if (path === '') return url
  if (url.search !== '' || url.hash !== '')
    throw new AttestError('SERVICE_REFUSED', `${service}: expected a URL without query and fragment`)
  return new URL(url.href.replace(/\/+$/, '') + path)
}
