import { AuditError } from '../errors.ts'

/** Counts the requests of a run, and says when they are used up. */
export interface Budget {
  /** Requests so far. */
  used(): number
  /**
   * To be asked before anything that takes requests. What has begun goes on: stopped halfway, a small budget would never
   * get anywhere.
   *
   * @throws {AuditError} `BUDGET_EXCEEDED`.
   */
  check(): void
}

/** Creates a budget of `maxRequests` from here on. */
export function createBudget(requests: () => number, maxRequests: number, registry: string): Budget {
  const before = requests()
  const used = (): number => Math.max(0, requests() - before)
  return {
    used,
    check() {
      if (used() < maxRequests) return
      throw new AuditError(
        'BUDGET_EXCEEDED',
        `${registry}: the budget of ${maxRequests} requests is used up; what was found is kept, run it again to go on`,
        { subject: registry, retryable: true },
      )
    },
  }
}
