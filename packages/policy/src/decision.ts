import type { Digest, Verdict } from '@sallyport/core'
import type { BreakGlass } from './break-glass.ts'
import type { JudgedFinding } from './judged-finding.ts'
import type { RuleMode } from './rules/rule-kind.ts'
import type { WaiverStatus } from './waivers/waiver.ts'

/** Why the verdict is what it is. */
export interface DecisionReason {
  /**
   * `fail` and `error` reasons make the verdict. `warn` and `audit` would, were their rule enforced. `note` explains.
   */
  readonly effect: 'fail' | 'error' | 'warn' | 'audit' | 'note'
  /** Stable code, e.g. `threshold-exceeded`, `step-failed`, `no-rule-evaluated`, `waiver-expired`. */
  readonly code: string
  /** Name of the rule in the policy. */
  readonly rule?: string | undefined
  readonly message: string
  readonly limit?: number | undefined
  readonly actual?: number | undefined
  readonly findings?: readonly JudgedFinding[] | undefined
  /** What else breaks the rule, one each: a file, a package, a licence, a platform. */
  readonly offenders?: readonly string[] | undefined
  /** What a person can do about it. */
  readonly remedy?: string | undefined
}

/** A rule and what it came to. */
export interface EvaluatedRule {
  readonly rule: string
  /** Which kind of rule, e.g. `threshold`, `sbom`, `cel`, `precondition`. */
  readonly kind: string
  /** How much it weighs now. */
  readonly mode: RuleMode
  /** ISO 8601 instant. Present while it only warns because its time to enforce has not come. */
  readonly enforceFrom?: string | undefined
  readonly limit?: number | undefined
  readonly actual?: number | undefined
  readonly holds: boolean
  /** `false` when it is not about such an image; it then holds. */
  readonly applies?: boolean | undefined
}

/** State of a waiver at the time of the decision. */
export interface WaiverState {
  readonly id: string
  readonly state: WaiverStatus
  /** ISO 8601 instant, exclusive. */
  readonly expires: string
  /** It ends soon. */
  readonly nearExpiry?: boolean | undefined
  /** Why it is in this state, in words. */
  readonly why?: string | undefined
  readonly owner: string
  /** How many findings it takes out of the count. */
  readonly findings: number
}

/** What a decision rests on, each by digest or date. */
export interface DecisionInputs {
  readonly policy: { readonly source: string; readonly digest: Digest }
  readonly waivers: readonly { readonly source: string; readonly digest: Digest }[]
  readonly scanners: readonly {
    readonly name: string
    readonly version: string
    readonly status: string
    readonly data: readonly {
      readonly name: string
      readonly digest?: string | undefined
      readonly updatedAt?: string | undefined
    }[]
  }[]
  /** Digests of the verified evidence that rules looked at. */
  readonly evidence: readonly Digest[]
  readonly packages: number
}

/**
 * A judgement, the same form for gate, audit, admission, monitor and runtime. Serialisable; a function of facts,
 * policy, waivers and time.
 */
export interface Decision {
  readonly schema: 'https://sallyport.dev/schemas/decision/v1'
  readonly verdict: Verdict
  readonly subject: Digest
  readonly destination: string
  readonly tier: string
  readonly policy: { readonly source: string; readonly digest: Digest }
  /** ISO 8601 time. */
  readonly evaluatedAt: string
  /** Present when somebody let it through; `needed` tells whether it would have failed. */
  readonly breakGlass?: (BreakGlass & { readonly needed: boolean }) | undefined
  readonly reasons: readonly DecisionReason[]
  readonly rules: readonly EvaluatedRule[]
  readonly findings: readonly JudgedFinding[]
  readonly waivers: readonly WaiverState[]
  readonly inputs: DecisionInputs
}
