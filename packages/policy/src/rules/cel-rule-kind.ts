import * as z from 'zod'
import { compileCondition, findConditionFault, oneLine } from './condition.ts'
import type { RuleKind } from './rule-kind.ts'

/** A rule written in CEL: the image may pass where the expression holds. */
export interface CelRule {
  /** CEL of type `bool`; false breaks the rule, an error while it is evaluated is an `error`. */
  readonly expression: string
  /** What to say when it is false. Default: the expression. */
  readonly message?: string | undefined
}

/** CEL as it may stand in a document: compiled and type-checked when the document is read. */
export const celSchema: z.ZodType<string> = z
  .string()
  .min(1)
  .superRefine((text, context) => {
    const fault = findConditionFault(text)
    if (fault) context.addIssue({ code: 'custom', message: `CEL: ${fault}` })
  })

/**
 * Rules in CEL. Any other expression than the parent's counts as looser, because which of two asks for less can't be
 * computed.
 */
export const celRuleKind: RuleKind<CelRule> = {
  schema: z.strictObject({ expression: celSchema, message: z.string().trim().min(1).max(500).optional() }),
  loosened: (parent, child) =>
    parent.expression === child.expression ? [] : [{ path: ['expression'], was: parent.expression }],
  evaluate({ expression, message }, context) {
    const answer = compileCondition(expression).ask(context)
    if ('error' in answer) return { outcome: 'error', code: 'cel-error', message: answer.error }
    if (answer.holds) return { outcome: 'holds', code: 'cel-holds', message: 'the expression holds' }
    return { outcome: 'broken', code: 'cel-false', message: message ?? `false: ${oneLine(expression)}` }
  },
}
