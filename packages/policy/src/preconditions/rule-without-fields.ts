import * as z from 'zod'
import type { RuleContext, RuleKind, RuleResult } from '../rules/rule-kind.ts'

/** A rule that has nothing to set but what all rules have. */
export type RuleWithoutFields = Readonly<Record<string, never>>

/** The kind of a rule that has nothing to set. */
export function ruleKindWithoutFields(
  evaluate: (context: RuleContext) => RuleResult,
): RuleKind<RuleWithoutFields> {
  return {
    schema: z.strictObject({}) as z.ZodType<RuleWithoutFields>,
    loosened: () => [],
    evaluate: (_rule, context) => evaluate(context),
  }
}
