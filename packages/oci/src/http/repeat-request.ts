import type { Clock } from '@sallyport/core'
import { OciError } from '../errors.ts'
import type { HostLimiter } from './host-limiter.ts'
import { networkError, type RequestSubject } from './http-error.ts'
import { backoffMs, isRetriedStatus, parseRetryAfter, type Sleep } from './retry-delay.ts'
import type { WireAnswer } from './transport.ts'

/** An answer that was refused. */
export interface Refusal {
  readonly refused: OciError
  /** When the server wants to be asked again, in milliseconds from now. */
  readonly retryAfterMs?: number | undefined
  /** Ends the pause that the server was given, once it has been waited for. */
  readonly resume?: (() => void) | undefined
}

/** How a request is repeated. */
export interface Repeater {
  /**
   * Runs `one` until it has a result, a failure that lasts, or no tries left; `one` is told which try it is, from 1.
   * A failure that another repeater has given up on is not tried again.
   */
  run<T>(
    options: {
      readonly subject: RequestSubject
      readonly attempts?: number
      readonly signal?: AbortSignal | undefined
    },
    one: (attempt: number) => Promise<{ readonly result: T } | Refusal>,
  ): Promise<T>
  /** Notes what an answer says about repeating. One that says "too many requests" holds everything for its host up. */
  refusal(answer: WireAnswer, refused: OciError): Refusal
}

/** What {@link createRepeater} needs. */
export interface RepeaterParts {
  readonly limiter: HostLimiter
  readonly clock: Clock
  readonly sleep: Sleep
  readonly random: () => number
  readonly attempts: number
  readonly baseDelayMs: number
  readonly maxDelayMs: number
}

/** Creates a repeater with backoff. */
export function createRepeater(parts: RepeaterParts): Repeater {
  const { limiter, clock, sleep, random, attempts: most, baseDelayMs, maxDelayMs } = parts
  const givenUp = new WeakSet<Error>()
  return {
    async run({ subject, attempts = most, signal }, one) {
      for (let attempt = 1; ; attempt++) {
        signal?.throwIfAborted()
        let failure: Error
        let refusal: Refusal | undefined
        try {
          const outcome = await one(attempt)
          if ('result' in outcome) return outcome.result
          refusal = outcome
          failure = outcome.refused
        } catch (error) {
          signal?.throwIfAborted()
          failure = networkError(error, subject)
        }
        const retryable = failure instanceof OciError && failure.retryable && !givenUp.has(failure)
        if (!retryable || attempt >= attempts || (refusal?.retryAfterMs ?? 0) > maxDelayMs) {
          givenUp.add(failure)
          throw failure
        }
        await sleep(refusal?.retryAfterMs ?? backoffMs(attempt, baseDelayMs, maxDelayMs, random()), signal)
        refusal?.resume?.()
      }
    },
    refusal(answer, refused) {
      if (!isRetriedStatus(answer.status)) return { refused }
      const retryAfterMs = parseRetryAfter(answer.header('retry-after'), clock.now())
      if (answer.status !== 429 || retryAfterMs === undefined || retryAfterMs > maxDelayMs) {
        return { refused, retryAfterMs }
      }
      return { refused, retryAfterMs, resume: limiter.pause(answer.url.host, retryAfterMs) }
    },
  }
}
