import type { RuleContext, RuleMode, RuleResult, RuleSettings } from '../rules/rule-kind.ts'

/** A rule ready to be evaluated. */
export interface CompiledRule extends RuleSettings {
  /** Which kind of rule, e.g. `threshold`, `sbom`, `cel`, `precondition`. */
  readonly kind: string
  /** Judges an image; pure. */
  readonly evaluate: (context: RuleContext) => RuleResult
}

/** A gap in coverage that a tier lives with, for images matched by destination glob. */
export interface AcceptedGap {
  /** Code of the gap, e.g. `DATABASE_MISSING`. */
  readonly code: string
  /** Glob of destinations. */
  readonly images: string
  /** Why it is lived with. */
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
  /** Whether it may be done at all. */
  readonly allowed: boolean
  /** Longest time, in milliseconds, from now to its expiry. */
  readonly maxLifetimeMs: number
  /** Who may; anybody when absent. */
  readonly actors?: readonly string[] | undefined
}

/** A time in which no tag moves. */
export interface FreezeWindow {
  /** Name, for messages. */
  readonly name: string
  /** ISO 8601 instants: from, inclusive, until, exclusive. */
  readonly from: string
  /** When it ends. */
  readonly until: string
  /** Why, for who wants to promote meanwhile. */
  readonly reason: string
  /** Destination globs that it does not stop. */
  readonly except?: readonly string[] | undefined
}

/** Where a value was written; built in when there is no tier. Lines and columns are 1-based, and 0 outside of texts. */
export interface ValueOrigin {
  /** Tier that says so. */
  readonly tier?: string | undefined
  /** Line. */
  readonly line?: number | undefined
  /** Column. */
  readonly column?: number | undefined
}

/** A value of a tier, as it was written, and where. */
export interface TierValue {
  /**
   * E.g. `['mode']`, `['thresholds', 'none critical', 'max']`, `['requirements', 'sbom', 'sbom', 'mode']`. Before the values
   * of a rule stands the rule itself, e.g. `['thresholds', 'none critical']`, with its name as value.
   */
  readonly path: readonly string[]
  /** The value. */
  readonly value: unknown
  /** Where it stands. */
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
  /** Where the stricter value stands. */
  readonly from: ValueOrigin
  /** The reason that was given. */
  readonly reason: string
  /** Where the looser value stands. */
  readonly at: ValueOrigin
}

/** What holds in one tier, with everything that it inherits. */
export interface EffectiveTier {
  /** Name of the tier. */
  readonly name: string
  /** What breaking a rule does that names no mode of its own. */
  readonly mode: RuleMode
  /** In the order of evaluation: preconditions, thresholds, requirements, CEL rules, those of other engines. */
  readonly rules: readonly CompiledRule[]
  /** Gaps in coverage that it lives with. */
  readonly acceptedGaps: readonly AcceptedGap[]
  /** Whether waivers count, and for how long. */
  readonly waivers: WaiverTerms
  /** Whether somebody may let an image through that fails. */
  readonly breakGlass: BreakGlassTerms
  /** Times in which no tag moves. */
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
