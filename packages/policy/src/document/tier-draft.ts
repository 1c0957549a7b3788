import type { RuleMode } from '../rules/rule-kind.ts'
import type { RuleBook } from './compile-rules.ts'
import type { TierTerms } from './compile-terms.ts'
import type { Place } from './document-review.ts'
import type { AcceptedLoosening } from './tier.ts'

/** A tier while a document is being read. */
export interface TierDraft extends RuleBook {
  readonly name: string
  /** Nearest first. */
  readonly ancestors: readonly string[]
  readonly mode: RuleMode
  /** Where its mode is written; absent when it is the default. */
  readonly modeField: Place | undefined
  readonly terms: TierTerms
  readonly loosenings: readonly AcceptedLoosening[]
}
