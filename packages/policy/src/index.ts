export type { Decision, DecisionReason, EvaluatedRule, JudgedFinding, WaiverState } from './decision.ts'
export type { Policy, Threshold, Tier, Waiver } from './document/policy.ts'
export { PolicyError, type PolicyErrorCode, type PolicyIssue } from './errors.ts'
export type { PolicyFacts } from './facts.ts'
