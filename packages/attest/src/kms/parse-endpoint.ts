import { addressScope } from '@sallyport/oci/cloud'
import { type KmsKey, kmsError } from './kms-key.ts'

/**
 * Reads where a service is; a path stays, without its last slash.
 *
 * @throws {AttestError} `KMS_UNCONFIGURED` when it is no URL, has more than origin and path, or is `http` beyond loopback.
 */
export function parseEndpoint(key: KmsKey, name: string, endpoint: string): string {
  if (!URL.canParse(endpoint)) throw kmsError('KMS_UNCONFIGURED', key, `${name} is no URL`)
  const { protocol, hostname, origin, pathname, username, password, search, hash } = new URL(endpoint)
  const isSafe = protocol === 'https:' || (protocol === 'http:' && addressScope(hostname) === 'loopback')
  if (!isSafe) {
    throw kmsError('KMS_UNCONFIGURED', key, `${name} must be https, unless it is on this machine`)
  }
  if (`${username}${password}${search}${hash}` !== '') {
    throw kmsError('KMS_UNCONFIGURED', key, `${name} must be an origin and a path, nothing else`)
  }
  return origin + pathname.replace(/\/+$/, '')
}
