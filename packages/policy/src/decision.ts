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
  /** What is wrong, in a sentence. */
  readonly message: string
  /** The limit, where the rule has one. */
  readonly limit?: number | undefined
  /** What was counted or measured, where the rule has a limit. */
  readonly actual?: number | undefined
  /** The findings that broke the rule. */
  readonly findings?: readonly JudgedFinding[] | undefined
  /** What else breaks the rule, one each: a file, a package, a licence, a platform. */
  readonly offenders?: readonly string[] | undefined
  /** What a person can do about it. */
  readonly remedy?: string | undefined
}

/** A rule and what it came to. */
export interface EvaluatedRule {
  /** Name of the rule. */
  readonly rule: string
  /** Which kind of rule, e.g. `threshold`, `sbom`, `cel`, `precondition`. */
  readonly kind: string
  /** How much it weighs now. */
  readonly mode: RuleMode
  /** ISO 8601 instant. Present while it only warns because its time to enforce has not come. */
  readonly enforceFrom?: string | undefined
  /** The limit, where the rule has one. */
  readonly limit?: number | undefined
  /** What was counted or measured, where the rule has a limit. */
  readonly actual?: number | undefined
  /** Whether it holds. */
  readonly holds: boolean
  /** `false` when it is not about such an image; it then holds. */
  readonly applies?: boolean | undefined
}

/** State of a waiver at the time of the decision. */
export interface WaiverState {
  /** Id of the waiver. */
  readonly id: string
  /** Whether it counts, and if not, why. */
  readonly state: WaiverStatus
  /** ISO 8601 instant, exclusive. */
  readonly expires: string
  /** It ends soon. */
  readonly nearExpiry?: boolean | undefined
  /** Why it is in this state, in words. */
  readonly why?: string | undefined
  /** Who answers for it. */
  readonly owner: string
  /** How many findings it takes out of the count. */
  readonly findings: number
}

/** What a decision rests on, each by digest or date. */
export interface DecisionInputs {
  /** The policy. */
  readonly policy: { readonly source: string; readonly digest: Digest }
  /** The files of waivers. */
  readonly waivers: readonly { readonly source: string; readonly digest: Digest }[]
  /** The scanners, how they ended, and the data that they relied on. */
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
  /** How many packages the image holds. */
  readonly packages: number
}

/**
 * A judgement, the same form for gate, audit, admission, monitor and runtime. Serialisable; a function of facts,
 * policy, waivers and time.
 */
export interface Decision {
  /** Names this form, with its version. */
  readonly schema: 'https://sallyport.dev/schemas/decision/v1'
  /** The verdict; `error` where something could not be judged. */
  readonly verdict: Verdict
  /** Image that it is about. */
  readonly subject: Digest
  /** Reference that the image is to go to. */
  readonly destination: string
  /** Tier whose rules judged it. */
  readonly tier: string
  /** The policy that judged it. */
  readonly policy: { readonly source: string; readonly digest: Digest }
  /** ISO 8601 time. */
  readonly evaluatedAt: string
  /** Present when somebody let it through; `needed` tells whether it would have failed. */
  readonly breakGlass?: (BreakGlass & { readonly needed: boolean }) | undefined
  /** Why the verdict is what it is; what breaks no enforced rule is told, too. */
  readonly reasons: readonly DecisionReason[]
  /** Every rule of the tier, with what it came to. */
  readonly rules: readonly EvaluatedRule[]
  /** All findings, as they were judged. */
  readonly findings: readonly JudgedFinding[]
  /** All waivers, and whether they count. */
  readonly waivers: readonly WaiverState[]
  /** What it rests on. */
  readonly inputs: DecisionInputs
}
