import { setTimeout as delay } from 'node:timers/promises'

/** How often and how patiently requests are repeated. */
export interface RetryOptions {
  /** Most tries of one request, the first included. Default 5. */
  readonly attempts?: number | undefined
  /** Wait before the first repetition, doubled each time, in milliseconds. Default 200. */
  readonly baseDelayMs?: number | undefined
  /** Longest wait, in milliseconds; a registry that asks for more (`Retry-After`) ends the tries. Default 60,000. */
  readonly maxDelayMs?: number | undefined
}

/** Waits; rejects with `signal.reason` when aborted. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>

const retriedStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504])

/** Whether the same request may succeed later. */
export function isRetriedStatus(status: number): boolean {
  return retriedStatuses.has(status)
}

/** What a `Retry-After` field (seconds or a date) asks for, in milliseconds; `undefined` when it can't be read. */
export function parseRetryAfter(field: string | undefined, now: Date): number | undefined {
  const text = field?.trim()
  if (!text) return undefined
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000
  const at = /[a-z]/i.test(text) ? Date.parse(text) : Number.NaN
  return Number.isNaN(at) ? undefined : Math.max(0, at - now.getTime())
}

/** Wait before try number `attempt` + 1: exponential, with half of it at random so that many clients spread out. */
export function backoffMs(attempt: number, baseDelayMs: number, maxDelayMs: number, random: number): number {
  const full = Math.min(maxDelayMs, baseDelayMs * 2 ** (attempt - 1))
  return Math.round(full / 2 + (full / 2) * random)
}

/** Waits on the machine's clock. */
export async function defaultSleep(milliseconds: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted()
  try {
    await delay(milliseconds, undefined, signal === undefined ? {} : { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}
