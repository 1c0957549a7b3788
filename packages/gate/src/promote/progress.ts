import type { Platform } from '@sallyport/core'
import type { StepName } from './step-name.ts'

/** What a promotion tells while it runs. Steps that work on one platform name it. */
export type PromotionProgress =
  | { readonly type: 'step-started'; readonly step: StepName; readonly platform?: Platform | undefined }
  | {
      readonly type: 'step-finished'
      readonly step: StepName
      readonly platform?: Platform | undefined
      readonly durationMs: number
      /** One line for people: what came of it. */
      readonly summary: string
    }

/** Receives progress. It must not throw. */
export type ProgressListener = (progress: PromotionProgress) => void
