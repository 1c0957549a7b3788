import { parseStrictJson } from '@sallyport/core'
import type { z } from 'zod'
import { AttestError } from '../errors.ts'

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
  const read = readJson(body, schema)
  if ('value' in read) return read.value
  throw new AttestError('SERVICE_INVALID', `${service}: the answer ${read.problem}`)
}

/** The value, or what is wrong: the rest of a sentence that names fields of the schema and nothing of the answer. */
export function readJson<Schema extends z.ZodType>(
  body: Uint8Array,
  schema: Schema,
): { readonly value: z.output<Schema> } | { readonly problem: string } {
  let value: unknown
  try {
    value = parseStrictJson(body)
  } catch {
    return { problem: 'is not JSON' }
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return { value: parsed.data }
  const fields = parsed.error.issues.slice(0, 3).map(({ path }) => path.map(String).join('.') || 'the whole')
  return { problem: `is not of the expected form (${fields.join(', ')})` }
}
