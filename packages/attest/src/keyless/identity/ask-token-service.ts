import { z } from 'zod'
import { AttestError } from '../../errors.ts'
import { parseAnswer } from '../parse-answer.ts'
import { askService, type ServiceRequest } from '../service-client.ts'
import type { ServiceOptions } from '../service-options.ts'

/**
 * Asks a service for a token that it answers with in a field of JSON.
 *
 * @throws {AttestError} `IDENTITY_UNAVAILABLE` when it gives none.
 */
export async function askTokenService(
  service: string,
  field: string,
  asked: ServiceRequest,
  options: ServiceOptions,
): Promise<string> {
  const { body } = await orUnavailable(askService(service, asked, options))
  const answer = await orUnavailable(
    (async () => parseAnswer(service, body, z.record(z.string(), z.unknown())))(),
  )
  const token = answer[field]
  if (typeof token !== 'string' || token === '')
    throw new AttestError('IDENTITY_UNAVAILABLE', `${service}: the answer has no "${field}"`)
  return token
}

/** Gives failures of a token service one code, and keeps whether to try again. */
export async function orUnavailable<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (!(error instanceof AttestError)) throw error
    throw new AttestError('IDENTITY_UNAVAILABLE', error.message, { retryable: error.retryable })
  }
}

/**
 * Reads a variable that a token source can't do without.
 *
 * @throws {AttestError} `IDENTITY_UNAVAILABLE` when it is not set.
 */
export function requireVariable(
  environment: Readonly<Record<string, string | undefined>>,
  name: string,
): string {
  const value = environment[name]?.trim()
  if (!value) throw new AttestError('IDENTITY_UNAVAILABLE', `the environment variable ${name} is not set`)
  return value
}
