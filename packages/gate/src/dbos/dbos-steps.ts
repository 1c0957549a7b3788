import { type GateErrorData, fromErrorData, toErrorData } from '../engine/error-data.ts'
import type { GateErrorCode } from '../errors.ts'
import type { DurableSteps } from '../ports/durable-steps.ts'
import { toGateError } from '../promote/to-gate-error.ts'
import { loadDbos } from './load-dbos.ts'

/** Options of {@link dbosSteps}. */
export interface DbosStepsOptions {
  /** Stands before the name of each step: a second pass has steps of its own. */
  readonly prefix: string
  readonly attempts: number
  readonly retryDelayMs: number
  /** Ends the promotion in this process, without a word in the journal: it is not this process's any more. */
  readonly abandon: AbortController
  /** Aborted when the process stops: its steps end, and nothing is written down of it, so that others go on with them. */
  readonly stopping: AbortSignal
}

type StepOutput<T> = { readonly value: T } | { readonly error: GateErrorData }

// What only a promotion from the start, or nothing, can mend.
const futile: ReadonlySet<GateErrorCode> = new Set([
  'TAG_CONFLICT',
  'DECISION_EXPIRED',
  'VERIFICATION_FAILED',
  'FROZEN',
  'CANCELLED',
])

/**
 * Steps that DBOS keeps in PostgreSQL, to be used in a workflow. A step that fails leaves its error as data, so that it
 * has its code after a crash, too.
 */
export function dbosSteps({
  prefix,
  attempts,
  retryDelayMs,
  abandon,
  stopping,
}: DbosStepsOptions): DurableSteps {
  return {
    async run<T>(name: string, work: (signal: AbortSignal | undefined) => Promise<T>): Promise<T> {
      const step = async (): Promise<StepOutput<T>> => {
        const { cancelSignal, currentAttempt = 1 } = loadDbos().stepStatus ?? {}
        const signal = cancelSignal ? AbortSignal.any([cancelSignal, stopping]) : stopping
        try {
          const value = await work(signal)
          return { value }
        } catch (cause) {
          // Whatever were returned or thrown now, DBOS would keep.
          if (stopping.aborted) return await new Promise<never>(() => undefined)
          cancelSignal?.throwIfAborted()
          const error = toGateError(cause)
          // What is thrown, DBOS tries again.
          if (error.retryable && !futile.has(error.code) && currentAttempt < attempts) throw error
          return { error: toErrorData(error) }
        }
      }
      let output: StepOutput<T>
      try {
        output = await loadDbos().runStep(step, {
          name: `${prefix}${name}`,
          retriesAllowed: true,
          maxAttempts: attempts,
          intervalSeconds: retryDelayMs / 1000,
        })
      } catch (cause) {
        // Cancelled, or another process has taken over: nothing of that is an error of the promotion.
        abandon.abort(cause)
        throw cause
      }
      if ('error' in output) throw fromErrorData(output.error)
      return output.value
    },
  }
}
