import { type Clock, isSallyportError, type Platform } from '@sallyport/core'
import { GateError } from '../errors.ts'
import type { ProgressListener } from './progress.ts'
import type { PromotionTelemetry } from '../telemetry/promotion-telemetry.ts'
import type { StepName } from './step-name.ts'

/** Runs the steps of one promotion: reports progress, stops on abort, and says which step failed. */
export interface StepRunner {
  /** Runs one step: tells that it begins and how it ends. Rejects with a `GateError` that names the step, or with `signal.reason`. */
  run<T>(
    step: StepName,
    platform: Platform | undefined,
    work: () => Promise<{ readonly value: T; readonly summary: string }>,
  ): Promise<T>
}

/** Options of {@link createStepRunner}. */
export interface StepRunnerOptions {
  /** Time by which steps are dated. */
  readonly clock: Clock
  /** Sees each step as it begins and ends. */
  readonly onProgress?: ProgressListener | undefined
  /** Ends the promotion; the step under way rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Spans and metrics. Default: none. */
  readonly telemetry?: PromotionTelemetry | undefined
  /** Told after each step that ended well. */
  readonly onFinished?:
    | ((step: StepName, platform: Platform | undefined, summary: string) => Promise<void>)
    | undefined
}

/** Makes a {@link StepRunner}. A step that fails rejects with a {@link GateError} `STEP_FAILED` around the cause. */
export function createStepRunner({
  clock,
  onProgress,
  signal,
  telemetry,
  onFinished,
}: StepRunnerOptions): StepRunner {
  return {
    async run(step, platform, work) {
      signal?.throwIfAborted()
      onProgress?.({ type: 'step-started', step, platform })
      const startedAt = clock.now().getTime()
      try {
        const { value, summary } = await (telemetry ? telemetry.step(step, platform, work) : work())
        await onFinished?.(step, platform, summary)
        onProgress?.({
          type: 'step-finished',
          step,
          platform,
          durationMs: clock.now().getTime() - startedAt,
          summary,
        })
        return value
      } catch (cause) {
        signal?.throwIfAborted()
        if (cause instanceof GateError) throw cause
        const code = isSallyportError(cause) ? `${cause.code}: ` : ''
        const message = cause instanceof Error ? cause.message : String(cause)
        const retryable = isSallyportError(cause) && cause.retryable
        throw new GateError('STEP_FAILED', `${step}: ${code}${message}`, { cause, step, retryable })
      }
    },
  }
}
