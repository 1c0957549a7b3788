import { z } from 'zod'
import { AttestError } from '../../errors.ts'
import { parseAnswer } from '../../service/parse-answer.ts'
import { type AskedService, askService } from '../../service/ask-service.ts'
import type { ServiceOptions } from '../../service/service-options.ts'

/**
 * Asks a service for a token that it answers with in a field of JSON.
 *
 * @throws {AttestError} `IDENTITY_UNAVAILABLE` when it gives none.
 */
export async function askTokenService(
  service: string,
  field: string,
  asked: AskedService,
  options: ServiceOptions,
): Promise<string> {
  const answer = await orUnavailable(async () => {
    const { body } = await askService(service, asked, options)
    return parseAnswer(service, body, z.record(z.string(), z.unknown()))
  })
  const token = answer[field]
  if (typeof token !== 'string' || token === '')
    throw new AttestError('IDENTITY_UNAVAILABLE', `${service}: the answer has no "${field}"`)
  return token
}

/** Gives failures of a token service one code, and keeps whether to try again. */
export async function orUnavailable<T>(ask: () => Promise<T>): Promise<T> {
  try {
    return await ask()
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
export function requireVariable(env: Readonly<Record<string, string | undefined>>, name: string): string {
  const value = env[name]?.trim()
  if (!value) throw new AttestError('IDENTITY_UNAVAILABLE', `the environment variable ${name} is not set`)
  return value
}
