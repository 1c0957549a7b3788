import type { RawManifest } from '@sallyport/core'
import { formatPlatform } from '@sallyport/core'
import type { PromotionTelemetry } from '../telemetry/promotion-telemetry.ts'
import type { ResolvedSource } from '../steps/resolve-source.ts'
import type { GateContext } from './gate-context.ts'
import type { KeptJudgement } from './kept-judgement.ts'
import type { RunOptions } from './options.ts'
import type { Resolution } from './resolution.ts'
import { createStepRunner, type StepRunner } from './step-runner.ts'

/**
 * What a step found that the next may use, as long as both run in one process: it saves reading again, and nothing
 * depends on it.
 */
export interface StepMemory {
  /** What step `resolve` read. */
  source?: ResolvedSource
  /** What step `judge` found. */
  judgement?: KeptJudgement
  /** Manifest or index that was pushed. */
  root?: RawManifest
}

/** Options of each step. */
export interface StepOptions extends RunOptions {
  /** Pass the same object to all steps of a promotion in one process. */
  readonly memory?: StepMemory | undefined
  /** Spans and metrics. Default: none. */
  readonly telemetry?: PromotionTelemetry | undefined
}

/** Makes what runs the parts of a step: it reports them, and notes in the journal that they ended. */
export function openSteps(
  { clock, journal }: Pick<GateContext, 'clock' | 'journal'>,
  attempt: Pick<Resolution, 'key' | 'attempt'> | undefined,
  { signal, onProgress, telemetry }: StepOptions,
): StepRunner {
  return createStepRunner({
    clock,
    signal,
    onProgress,
    telemetry,
    onFinished: async (step, platform, summary) => {
      if (!attempt) return
      const name = platform ? `${step} ${formatPlatform(platform)}` : step
      await journal.saveStep(attempt.key, attempt.attempt, {
        name,
        output: null,
        summary,
        at: clock.now().toISOString(),
      })
    },
  })
}
