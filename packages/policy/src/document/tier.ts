import type { RuleContext, RuleMode, RuleResult, RuleSettings } from '../rules/rule-kind.ts'

/** A rule ready to be evaluated. */
export interface CompiledRule extends RuleSettings {
  /** Which kind of rule, e.g. `threshold`, `sbom`, `cel`, `precondition`. */
  readonly kind: string
  readonly evaluate: (context: RuleContext) => RuleResult
}

/** A gap in coverage that a tier lives with, for images matched by destination glob. */
export interface AcceptedGap {
  /** Code of the gap, e.g. `DATABASE_MISSING`. */
  readonly code: string
  readonly images: string
  readonly reason: string
}

/** What waivers may do in a tier. */
export interface WaiverTerms {
  /** Whether waivers count at all. */
  readonly allowed: boolean
  /** Longest time, in milliseconds, between `granted.at` (else now) and expiry. */
  readonly maxLifetimeMs?: number | undefined
  /** From when before its expiry, in milliseconds, a waiver is reported as near it. Default 14 days. */
  readonly nearExpiryMs: number
  /** Whether an approver must be named. */
  readonly approverRequired: boolean
}

/** Whether somebody may let an image through that fails. What could not be judged is never let through. */
export interface BreakGlassTerms {
  readonly allowed: boolean
  /** Longest time, in milliseconds, from now to its expiry. */
  readonly maxLifetimeMs: number
  /** Who may; anybody when absent. */
  readonly actors?: readonly string[] | undefined
}

/** A time in which no tag moves. */
export interface FreezeWindow {
  readonly name: string
  /** ISO 8601 instants: from, inclusive, until, exclusive. */
  readonly from: string
  readonly until: string
  readonly reason: string
  /** Destination globs that it does not stop. */
  readonly except?: readonly string[] | undefined
}

/** Where a value was written; built in when there is no tier. Lines and columns are 1-based, and 0 outside of texts. */
export interface ValueOrigin {
  readonly tier?: string | undefined
  readonly line?: number | undefined
  readonly column?: number | undefined
}

/** A value of a tier, as it was written, and where. */
export interface TierValue {
  /**
   * E.g. `['mode']`, `['thresholds', 'none critical', 'max']`, `['requirements', 'sbom', 'sbom', 'mode']`. Before the values
   * of a rule stands the rule itself, e.g. `['thresholds', 'none critical']`, with its name as value.
   */
  readonly path: readonly string[]
  readonly value: unknown
  readonly origin: ValueOrigin
}

/** Something that is looser than what a tier inherits, with the reason that was given. */
export interface AcceptedLoosening {
  /** E.g. `thresholds "none critical"`. */
  readonly part: string
  /** The field, within the part. */
  readonly path: readonly (string | number)[]
  /** What was asked before, and where. */
  readonly was: string
  readonly from: ValueOrigin
  readonly reason: string
  readonly at: ValueOrigin
}

/** What holds in one tier, with everything that it inherits. */
export interface EffectiveTier {
  readonly name: string
  readonly mode: RuleMode
  /** In the order of evaluation: preconditions, thresholds, requirements, CEL rules, those of other engines. */
  readonly rules: readonly CompiledRule[]
  readonly acceptedGaps: readonly AcceptedGap[]
  readonly waivers: WaiverTerms
  readonly breakGlass: BreakGlassTerms
  readonly freeze: readonly FreezeWindow[]
  /** How complete recordings must be before "not executed" counts. Default `complete`. */
  readonly traceCoverage: 'complete' | 'partial'
  /** Tiers that it inherits from, nearest first. */
  readonly ancestors?: readonly string[] | undefined
  /** Each value with its origin. */
  readonly values?: readonly TierValue[] | undefined
  /** What is looser in it than in what it inherits; the loosenings of its ancestors included. */
  readonly loosenings?: readonly AcceptedLoosening[] | undefined
}
