import type { Digest, Verdict } from '@sallyport/core'
import type { Usage, UsageEdge } from '@sallyport/harden'
import type { Finding, FixState, Severity, Suppression } from '@sallyport/scan'

/** A finding as the decision saw it. */
export interface JudgedFinding {
  readonly id: string
  readonly aliases: readonly string[]
  readonly purl: string
  readonly package: string
  readonly version: string
  readonly severity: Severity
  readonly fix: { readonly state: FixState; readonly versions: readonly string[] }
  readonly usage: Usage
  /** The package's file that is needed, and the chain from the entry point to it. */
  readonly file?: string | undefined
  readonly chain: readonly UsageEdge[]
  /** Why the package stays although nothing reaches it. */
  readonly keptBy?: string | undefined
  /** Waiver that takes it out of the count. */
  readonly waivedBy?: string | undefined
  /**
   * Who says that it does not count. VEX and imported ignore rules, which somebody chose to trust, take it out of the
   * count; what only a scanner set aside by its own rules is counted.
   */
  readonly suppressed?: Suppression | undefined
  /** What the scanner noted; see `Finding` of `@sallyport/scan`. */
  readonly note?: Finding['note']
  /** A waiver that names it but does not apply, and why. */
  readonly nearMiss?: { readonly waiver: string; readonly why: string } | undefined
}

/** Why the verdict is what it is. */
export interface DecisionReason {
  /** `fail` and `error` reasons make the verdict; `note` explains. */
  readonly effect: 'fail' | 'error' | 'note'
  /** Stable code, e.g. `threshold-exceeded`, `scanner-failed`, `distro-unknown`, `no-rule-evaluated`, `waiver-expired`. */
  readonly code: string
  /** Name of the rule in the policy. */
  readonly rule?: string | undefined
  readonly message: string
  readonly limit?: number | undefined
  readonly actual?: number | undefined
  readonly findings?: readonly JudgedFinding[] | undefined
  /** What a person can do about it. */
  readonly remedy?: string | undefined
}

/** A rule and what it counted. */
export interface EvaluatedRule {
  readonly rule: string
  readonly limit: number
  readonly actual: number
  readonly holds: boolean
}

/** State of a waiver at the time of the decision. */
export interface WaiverState {
  readonly id: string
  readonly state: 'applied' | 'expired' | 'unused'
  readonly expires: string
}

/**
 * A judgement, the same form for gate, audit, admission, monitor and runtime. Serialisable; a function of facts,
 * policy and time.
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
  readonly reasons: readonly DecisionReason[]
  readonly rules: readonly EvaluatedRule[]
  readonly findings: readonly JudgedFinding[]
  readonly waivers: readonly WaiverState[]
}
