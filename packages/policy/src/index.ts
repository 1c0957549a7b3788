export type { BreakGlass } from './break-glass.ts'
export type { Decision, DecisionInputs, DecisionReason, EvaluatedRule, WaiverState } from './decision.ts'
export { parsePolicy, type ParsePolicyOptions } from './document/parse-policy.ts'
export type { FindingNote, Policy, Threshold, Tier, Waiver } from './document/policy.ts'
export { PolicyError, type PolicyErrorCode, type PolicyIssue } from './errors.ts'
export { decide, type DecideOptions } from './evaluate/decide.ts'
export { matchGlob } from './evaluate/match-glob.ts'
export { explain, type ExplainOptions, formatChain } from './explain/explain-decision.ts'
export type {
  BaseFacts,
  ConfigurationFacts,
  FileFacts,
  PolicyFacts,
  PreviousScan,
  VerifiedEvidence,
} from './facts.ts'
export type { JudgedFinding } from './judged-finding.ts'
export type { RuleMode, RuleSettings } from './rules/rule-kind.ts'
export type { BreakGlassTerms, FreezeWindow, WaiverTerms } from './document/tier.ts'
export { formatWaivers } from './waivers/format-waivers.ts'
export { parseInstant } from './waivers/parse-instant.ts'
export { parseWaivers, type ParseWaiversOptions } from './waivers/parse-waivers.ts'
export type { WaiverFile, WaiverScope, WaiverStatus } from './waivers/waiver.ts'
