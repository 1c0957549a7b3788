import { SallyportError } from '@sallyport/core'

/** Codes of {@link PolicyError}. */
export type PolicyErrorCode =
  | 'POLICY_INVALID'
  | 'TIER_UNKNOWN'
  | 'LIMIT_EXCEEDED'
  /** What should be a stored decision is none. */
  | 'DECISION_INVALID'
  /** What should be stored facts is none. */
  | 'FACTS_INVALID'

/** One fault in a policy document. */
export interface PolicyIssue {
  /** 1-based. */
  readonly line: number
  /** Column, from 1; 0 outside of texts. */
  readonly column: number
  /** Where in the document, e.g. `tiers.prod.thresholds[0].max`. */
  readonly path: string
  /** What is wrong, in a sentence. */
  readonly message: string
}

/** A policy document could not be used. */
export class PolicyError extends SallyportError<PolicyErrorCode> {
  /** All faults that were found. */
  readonly issues: readonly PolicyIssue[]

  constructor(code: PolicyErrorCode, message: string, issues: readonly PolicyIssue[] = []) {
    super(code, message)
    this.issues = issues
  }
}
