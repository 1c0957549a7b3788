import { AttestError } from '../errors.ts'

/**
 * Joins a service's base URL and the path of one of its methods; the base may have a path of its own.
 *
 * @throws {AttestError} `SERVICE_REFUSED` when the base is no URL.
 */
export function serviceUrl(service: string, base: string, path = ''): URL {
  try {
    return new URL(path === '' ? base : `${base.replace(/\/+$/, '')}${path}`)
  } catch {
    throw new AttestError('SERVICE_REFUSED', `${service}: expected a URL`)
  }
}
