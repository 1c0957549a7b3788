import type { Digest } from '@sallyport/core'
import type { PromotionKey } from '../ports/journal.ts'
import type { PromotionOutcome } from '../promote/outcome.ts'
import { type GateErrorData, toErrorData } from './error-data.ts'

/**
 * How a promotion in an engine ended, small and of JSON. Everything else is in the journal: the release record of what
 * passed (`findRecord(key)`), the record in quarantine of what was stopped.
 */
export type PromotionResult =
  | {
      readonly verdict: 'pass'
      readonly key: PromotionKey
      /** `registry/repository:tag`. */
      readonly target: string
      readonly digest: Digest
      readonly sourceDigest: Digest
      /** What the tag pointed to before. */
      readonly previousDigest?: Digest | undefined
      /** `false` when the target was already in this state and nothing was written. */
      readonly changed: boolean
    }
  | {
      readonly verdict: 'fail'
      readonly key: PromotionKey
      readonly sourceDigest: Digest
      /** Why, a line each. */
      readonly reasons: readonly string[]
      /** Id of the record in quarantine. */
      readonly quarantine: string
    }
  | {
      readonly verdict: 'error'
      readonly key?: PromotionKey | undefined
      readonly error: GateErrorData
      /** Id of the record in quarantine, when the image was judged and could not be judged well. */
      readonly quarantine?: string | undefined
    }

/** Leaves out of an outcome what is too big to be kept by an engine. */
export function toResult(outcome: PromotionOutcome): PromotionResult {
  switch (outcome.verdict) {
    case 'pass': {
      const { verdict, key, target, digest, sourceDigest, previousDigest, changed } = outcome
      return { verdict, key, target, digest, sourceDigest, previousDigest, changed }
    }
    case 'fail': {
      const { verdict, key, sourceDigest, decision, quarantine } = outcome
      const reasons = decision.reasons.filter(({ effect }) => effect === 'fail').map(({ message }) => message)
      return { verdict, key, sourceDigest, reasons, quarantine: quarantine.id }
    }
    case 'error': {
      const { verdict, key, error, quarantine } = outcome
      return { verdict, key, error: toErrorData(error), quarantine: quarantine?.id }
    }
  }
}
