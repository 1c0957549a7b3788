import type { z } from 'zod'
import { AttestError } from '../errors.ts'
import { parseStrictJson } from '../internal/strict-json.ts'

/**
 * Reads a service's answer in JSON. What it holds is never in the message: it may be a token.
 *
 * @throws {AttestError} `SERVICE_INVALID` when it is not what the schema describes.
 */
export function parseAnswer<Schema extends z.ZodType>(
  service: string,
  body: Uint8Array,
  schema: Schema,
): z.output<Schema> {
  let value: unknown
  try {
    value = parseStrictJson(body)
  } catch {
    throw new AttestError('SERVICE_INVALID', `${service}: the answer is not JSON`)
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.slice(0, 3).map(({ path }) => path.join('.') || 'the whole')
  throw new AttestError(
    'SERVICE_INVALID',
    `${service}: the answer is not of the expected form (${fields.join(', ')})`,
  )
}
