import { isSallyportError } from '@sallyport/core'
import type { GateErrorCode } from '@sallyport/gate'

/** Whether to run a promotion again without a person looking at it. */
export function runAgain(error: unknown): boolean {
  if (!isSallyportError(error)) return false
  const code = error.code as GateErrorCode
  return code === 'JOURNAL_LOCKED' || code === 'SOURCE_MOVED' || code === 'QUEUE_FULL'
}
