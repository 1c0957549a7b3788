export { type DecisionChange, type DecisionSide, diffPolicies, type PolicyDiff } from './diff-policies.ts'
export type { CoveredRule, PolicyCoverage } from './measure-coverage.ts'
export { parsePolicyCases, type ParsePolicyCasesOptions } from './parse-policy-cases.ts'
export type { CaseEvidence, CaseExpectation, CaseFacts, PolicyCase } from './policy-case.ts'
export { renderPolicyCases, type RenderOptions } from './render-policy-cases.ts'
export { renderPolicyDiff } from './render-policy-diff.ts'
export {
  type CaseDifference,
  type CaseResult,
  type PolicyCasesReport,
  runPolicyCases,
} from './run-policy-cases.ts'
export { parseFacts, serializeFacts, type StoredFacts } from './stored-facts.ts'
