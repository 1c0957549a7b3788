import { isSallyportError } from '@sallyport/core'
import { redact } from '../sinks/redact.ts'

/** What went wrong, for alerts and summaries. Errors of a caller's functions may hold secrets; ours never do. */
export function toFailureMessage(error: unknown): string {
  if (isSallyportError(error)) return error.message
  return redact(error instanceof Error ? error.message : String(error)) || 'it failed without a message'
}
