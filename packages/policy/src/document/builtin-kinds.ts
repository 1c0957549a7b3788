import { preconditionKinds } from '../preconditions/precondition-kinds.ts'
import { requirementKinds } from '../requirements/requirement-kinds.ts'
import { celRuleKind } from '../rules/cel-rule-kind.ts'
import { thresholdKind } from '../thresholds/threshold-kind.ts'
import type { PolicyKinds } from './policy-kinds.ts'

/** The kinds that every policy may use. */
export const builtinKinds: PolicyKinds = {
  preconditions: { ...preconditionKinds },
  threshold: thresholdKind,
  requirements: { ...requirementKinds },
  rule: celRuleKind,
}
