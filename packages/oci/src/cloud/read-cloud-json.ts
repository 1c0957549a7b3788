import type * as z from 'zod'
import { cloudError } from './cloud-call.ts'

/**
 * Reads JSON of a cloud or of its configuration.
 *
 * @throws {OciError} `CREDENTIALS_UNREADABLE` when it has another form; the message holds nothing of the content.
 */
export function readCloudJson<T extends z.ZodType>(text: string, schema: T, purpose: string): z.output<T> {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    throw cloudError(purpose, 'the answer is not JSON')
  }
  const parsed = schema.safeParse(value)
  if (parsed.success) return parsed.data
  const at = parsed.error.issues[0]?.path.join('.') || 'the top'
  throw cloudError(purpose, `the answer has an unexpected form at ${at}`)
}
