import type * as z from 'zod'
import { InventoryError } from '../errors.ts'
import { quote } from '../internal/quote.ts'

/**
 * Holds a document against the rules of its form.
 *
 * @throws {InventoryError} `SBOM_INVALID`; names the first place that breaks them.
 */
export function parseDocument<T>(schema: z.ZodType<T>, document: unknown, form: string): T {
  const parsed = schema.safeParse(document)
  if (parsed.success) return parsed.data
  const { path, message } = parsed.error.issues[0]!
  const place = path.length === 0 ? 'the document' : quote(path.map(String).join('/'))
  throw new InventoryError('SBOM_INVALID', `${form}: ${place}: ${message}`)
}
