const unitMs: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** Reads a duration as Go prints it, such as `10s` or `1m0.5s`, in milliseconds; `undefined` when it is none. */
export function parseGoDuration(text: string): number | undefined {
  if (text.length > 40 || !/^(?:\d+(?:\.\d+)?(?:ns|us|µs|μs|ms|s|m|h))+$/.test(text)) return undefined
  let total = 0
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|μs|ms|s|m|h)/g)) {
    total += Number(number) * unitMs[unit!]!
  }
  return total
}

/** How long a review may take. */
export interface ReviewBudget {
  /** When judging has to end, in milliseconds from the first byte of the request. */
  readonly judgeMs: number
  /** When it is answered in any case, in milliseconds from the first byte of the request. */
  readonly answerMs: number
}

/** Options of {@link reviewBudget}. */
export interface ReviewBudgetOptions {
  /** The `timeout` parameter of the request. */
  readonly timeout: string | undefined
  /** What counts without one, in milliseconds. */
  readonly defaultTimeoutMs: number
  /** What the way back to the API server takes, in milliseconds. */
  readonly reserveMs: number
  /** How late things come on this machine, in milliseconds. Default 0. */
  readonly latenessMs?: number | undefined
}

/**
 * Splits the time that the API server waits. A webhook that answers late is worse than one that says no: the API server
 * gives up with a message that names no reason. A third of a short timeout is kept when the reserve is longer than that,
 * and up to two thirds on a machine that is so busy: a review is seen late, and its answer leaves late.
 */
export function reviewBudget({
  timeout,
  defaultTimeoutMs,
  reserveMs,
  latenessMs = 0,
}: ReviewBudgetOptions): ReviewBudget {
  const asked = timeout === undefined ? undefined : parseGoDuration(timeout)
  // The API server allows 1 to 30 seconds; what is said beyond that is not believed.
  const waitedMs = Math.min(asked && asked > 0 ? asked : defaultTimeoutMs, 30_000)
  const late = Math.min(2 * latenessMs, waitedMs / 3)
  const reserve = Math.min(reserveMs, waitedMs / 3)
  return { judgeMs: waitedMs - late - reserve, answerMs: waitedMs - late - reserve * 0.75 }
}
