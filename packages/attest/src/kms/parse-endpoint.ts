import { whyUnsafe } from '../service/service-url.ts'
import { type KmsKey, kmsError } from './kms-key.ts'

/**
 * Reads where a service is; a path stays, without its last slash.
 *
 * @throws {AttestError} `KMS_UNCONFIGURED` when it is no URL, has more than origin and path, or is `http` beyond loopback.
 */
export function parseEndpoint(key: KmsKey, name: string, endpoint: string): string {
  const url = URL.parse(endpoint)
  if (url === null) throw kmsError('KMS_UNCONFIGURED', key, `${name} is no URL`)
  const unsafe = whyUnsafe(url)
  if (unsafe !== undefined) throw kmsError('KMS_UNCONFIGURED', key, `${name}: ${unsafe}`)
  if (url.search !== '' || url.hash !== '')
    throw kmsError('KMS_UNCONFIGURED', key, `${name} must be an origin and a path, nothing else`)
  return url.origin + url.pathname.replace(/\/+$/, '')
}
