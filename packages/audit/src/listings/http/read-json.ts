import { isJsonDeeperThan } from '@sallyport/core'
import * as z from 'zod'
import { AuditError } from '../../errors.ts'

const maxDepth = 64

/** A field of a schema that is looked at later, entry by entry, or may be missing. */
export const told: z.ZodOptional<z.ZodUnknown> = z.unknown().optional()

/**
 * Parses an answer; without `whose`, what is no JSON is `undefined`.
 *
 * @throws {AuditError} `LISTING_INVALID` when it is not JSON, or nested too deeply.
 */
export function readJson(
  bytes: Uint8Array,
  whose?: { readonly subject: string; readonly host: string },
): unknown {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (!isJsonDeeperThan(text, maxDepth)) return JSON.parse(text) as unknown
  } catch {
    // Said below.
  }
  if (whose === undefined) return undefined
  throw new AuditError(
    'LISTING_INVALID',
    `${whose.subject}: the answer of ${whose.host} is not JSON that can be read`,
    {
      subject: whose.subject,
    },
  )
}

/**
 * What a schema makes of an answer.
 *
 * @throws {AuditError} `LISTING_INVALID` when it has another form; the message names fields and nothing of their content.
 */
export function parsePage<Schema extends z.ZodType>(
  json: unknown,
  schema: Schema,
  subject: string,
): z.output<Schema> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const fields = parsed.error.issues.slice(0, 3).map(({ path }) => path.map(String).join('.') || 'the whole')
  // A field's name may be the registry's, where a schema has a record.
  const where = fields
    .join(', ')
    .replace(/[^\w., -]/g, '?')
    .slice(0, 200)
  throw new AuditError('LISTING_INVALID', `${subject}: the listing has an unexpected form at ${where}`, {
    subject,
  })
}
