import { createHash, timingSafeEqual } from 'node:crypto'
import { MonitorError } from '../../errors.ts'

/** A secret, or several while one replaces the other. At least 8 characters each. */
export type Secrets = string | readonly string[]

/** Secrets as a list. */
export function listSecrets(secrets: Secrets): readonly string[] {
  const list: readonly unknown[] =
    typeof secrets === 'string' ? [secrets] : Array.isArray(secrets) ? secrets : []
  if (list.length === 0 || list.some((secret) => typeof secret !== 'string' || secret.length < 8))
    throw new MonitorError('OPTIONS_INVALID', 'a secret of a sender has at least 8 characters')
  return list as readonly string[]
}

/**
 * Whether what was given is one of the expected. The time it takes tells neither how much of it is right nor how long
 * the expected ones are.
 */
export function isOneOf(given: string, expected: readonly string[]): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest()
  const hashed = hash(given)
  let found = false
  for (const text of expected) found = timingSafeEqual(hashed, hash(text)) || found
  return found
}
