import type * as z from 'zod'
import type { PolicyFacts } from '../facts.ts'
import type { JudgedFinding } from '../judged-finding.ts'

/**
 * How much a rule weighs. `off`: not evaluated. `audit` and `warn`: evaluated and reported, without a say in the verdict.
 * `enforce`: makes the verdict.
 */
export type RuleMode = 'off' | 'audit' | 'warn' | 'enforce'

/** What every rule of a tier has. */
export interface RuleSettings {
  /** Unique in its tier. */
  readonly name: string
  /** Its own, or that of its tier. */
  readonly mode: RuleMode
  /** ISO 8601 instant; a rule that enforces only warns before it. */
  readonly enforceFrom?: string | undefined
  /** What a person can do about it, in the words of who wrote the rule. */
  readonly remedy?: string | undefined
  /**
   * What it is about: media or artifact types, in which `*` stands for any run of characters, and the word `image` for
   * container images. Images when absent.
   */
  readonly appliesTo?: readonly string[] | undefined
}

/** Facts about one image, with what rules share so that none works it out again. */
export interface RuleContext {
  /** The facts. */
  readonly facts: PolicyFacts
  /** All findings with usage and waivers joined. */
  readonly findings: readonly JudgedFinding[]
  /** Those of them that count: neither waived nor set aside by a statement that somebody trusts. */
  readonly counted: readonly JudgedFinding[]
  /** Time of the judgement. */
  readonly now: Date
  /**
   * Whether recordings as complete as the tier asks for stand behind the usage of packages. Default `false`: what is
   * `linked` or `possible` may then be executed.
   */
  readonly traced?: boolean | undefined
  /** Why the tier lives with a gap in coverage of this code for this image; `undefined` when it does not. */
  readonly acceptedGap?: ((code: string) => string | undefined) | undefined
  /** The tier that judges, for rules that name it. */
  readonly tier?: string | undefined
}

/** What a rule says of an image. */
export interface RuleResult {
  /** `error`: it could not be answered, which is never good news. `skipped`: it does not apply here. */
  readonly outcome: 'holds' | 'broken' | 'error' | 'skipped'
  /** Stable code of the reason when it does not hold, e.g. `threshold-exceeded`, `sbom-missing`. */
  readonly code: string
  /** One line that stands alone. */
  readonly message: string
  /** The limit, where the rule has one. */
  readonly limit?: number | undefined
  /** What was counted or measured, where the rule has a limit. */
  readonly actual?: number | undefined
  /** Findings that break it. */
  readonly findings?: readonly JudgedFinding[] | undefined
  /** What else breaks it, one each: a file, a package, a licence, a platform. */
  readonly offenders?: readonly string[] | undefined
  /** What a person can do about it. */
  readonly remedy?: string | undefined
  /** What a reader should know besides, whatever the outcome. */
  readonly notes?: readonly { readonly code: string; readonly message: string }[] | undefined
  /** Findings of unknown severity that it limits; what no rule limits is limited to 0. */
  readonly limitsUnknown?: readonly JudgedFinding[] | undefined
}

/** A field in which one rule asks for less than another. */
export interface Loosening {
  /** Where it stands in the rule. */
  readonly path: readonly (string | number)[]
  /** What was asked before. */
  readonly was: string
}

/**
 * A kind of rule: how it is written, which change makes it looser, and how it judges. One of it stands in its own file;
 * the document, its inheritance, its JSON Schema and the evaluation know no kind by name.
 */
export interface RuleKind<Rule> {
  /**
   * The form in a document, without what all kinds share: `name`, `mode`, `enforceFrom`, `remedy`,
   * `appliesTo`, `loosen`. Strict: it refuses unknown fields. That of a precondition takes `{}` for its defaults.
   */
  readonly schema: z.ZodType<Rule>
  /**
   * Where `child` asks for less than `parent`, as paths in the rule, with what was asked before; empty when it asks for
   * the same or more.
   */
  readonly loosened: (parent: Rule, child: Rule) => readonly Loosening[]
  /**
   * Where a rule that a child adds lets more through than the inherited ones did without it. Absent for kinds of which
   * one more always asks for more.
   */
  readonly loosenedByAdding?:
    | ((added: Rule & RuleSettings, inherited: readonly (Rule & RuleSettings)[]) => readonly Loosening[])
    | undefined
  /** Judges one image by one rule; pure. */
  readonly evaluate: (rule: Rule & RuleSettings, context: RuleContext) => RuleResult
}
