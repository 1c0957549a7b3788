import type { RuleKind } from '../rules/rule-kind.ts'

/** A kind of rule, whatever its rules look like. */
// oxlint-disable-next-line typescript/no-explicit-any -- each kind knows its own rules only; a map of kinds knows none
export type AnyRuleKind = RuleKind<any>

/** The kinds of rules that a document may use. */
export interface PolicyKinds {
  /** On in every tier without being written, by name; the schema of each takes `{}` for its defaults. */
  readonly preconditions: Readonly<Record<string, AnyRuleKind>>
  /** Of `thresholds`. */
  readonly threshold: AnyRuleKind
  /** Of `requirements`, by name. Each may be written once, or as a list of named ones. */
  readonly requirements: Readonly<Record<string, AnyRuleKind>>
  /** Of `rules`. */
  readonly rule: AnyRuleKind
}
