import { setTimeout as delay } from 'node:timers/promises'

const retriedStatuses: ReadonlySet<number> = new Set([429, 500, 502, 503, 504])

/** Whether the same request may succeed later. */
export function isRetriedStatus(status: number): boolean {
  return retriedStatuses.has(status)
}

/** What a wait depends on. */
export interface RetryWait {
  /** Number of the try that failed, from 1. */
  readonly attempt: number
  readonly baseDelayMs: number
  readonly maxDelayMs: number
  /** The field `Retry-After` of the answer: seconds or a date (RFC 9110, section 10.2.3). */
  readonly retryAfter?: string | undefined
}

/**
 * Milliseconds until the next try: as long as the service asks for, else doubled with each try, half of it at random
 * so that many clients spread out. `undefined` when the service asks for more than the longest wait.
 */
export function retryWaitMs({ attempt, baseDelayMs, maxDelayMs, retryAfter }: RetryWait): number | undefined {
  const asked = parseRetryAfter(retryAfter)
  if (asked !== undefined) return asked > maxDelayMs ? undefined : asked
  const full = Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1))
  return Math.round(full / 2 + (full / 2) * Math.random())
}

function parseRetryAfter(field: string | undefined): number | undefined {
  const text = field?.trim()
  if (!text) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const at = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - Date.now())
}

/** Waits on the machine's clock; rejects with `signal.reason` when aborted. */
export async function defaultSleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
