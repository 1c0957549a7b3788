export type { BreakGlass } from './break-glass.ts'
export type { Decision, DecisionInputs, DecisionReason, EvaluatedRule, WaiverState } from './decision.ts'
export { builtinKinds } from './document/builtin-kinds.ts'
export { parseDuration } from './document/duration.ts'
export { describeTier, type TierDescription } from './document/describe-tier.ts'
export { formatTier } from './document/format-tier.ts'
export { definePolicy, parsePolicy, type ParsePolicyOptions } from './document/parse-policy.ts'
export type {
  DocumentValue,
  NamedRuleDocument,
  PolicyDocument,
  RuleDocument,
  TierDocument,
} from './document/policy-document.ts'
export { type JsonSchema, policyJsonSchema } from './document/policy-json-schema.ts'
export type { AnyRuleKind, PolicyKinds } from './document/policy-kinds.ts'
export type { Policy } from './document/policy.ts'
export { type ReadDocument, readDocument } from './document/read-document.ts'
export type { AgeSince, EpssLimit, FindingNote, KevState, Threshold } from './thresholds/threshold.ts'
export { PolicyError, type PolicyErrorCode, type PolicyIssue } from './errors.ts'
export { decide, type DecideOptions } from './evaluate/decide.ts'
export type {
  AcceptedGap,
  AcceptedLoosening,
  BreakGlassTerms,
  CompiledRule,
  EffectiveTier,
  FreezeWindow,
  TierValue,
  ValueOrigin,
  WaiverTerms,
} from './document/tier.ts'
export { matchGlob } from './evaluate/match-glob.ts'
export { formatChain } from './explain/describe-finding.ts'
export { explain, type ExplainOptions } from './explain/explain-decision.ts'
export type {
  BaseFacts,
  ConfigurationFacts,
  FileFacts,
  PolicyFacts,
  PreviousScan,
  VerifiedEvidence,
} from './facts.ts'
export type { JudgedFinding } from './judged-finding.ts'
export type {
  Loosening,
  RuleContext,
  RuleKind,
  RuleMode,
  RuleResult,
  RuleSettings,
} from './rules/rule-kind.ts'
export { celRuleKind, type CelRule } from './rules/cel-rule-kind.ts'
export { compileCondition, type Condition } from './rules/condition.ts'
export { requirementKinds } from './requirements/requirement-kinds.ts'
export type { Waiver, WaiverFile, WaiverScope, WaiverStatus } from './waivers/waiver.ts'
export { defineWaivers } from './waivers/define-waivers.ts'
export { formatWaivers } from './waivers/format-waivers.ts'
export type { ImportWaiversOptions } from './waivers/import/import-entries.ts'
export { importGrypeIgnore, type ImportGrypeIgnoreOptions } from './waivers/import/import-grype-ignore.ts'
export { importHarborAllowlist } from './waivers/import/import-harbor-allowlist.ts'
export { importTrivyIgnore } from './waivers/import/import-trivy-ignore.ts'
export { parseInstant } from './parse-instant.ts'
export { parseWaivers, type ParseWaiversOptions } from './waivers/parse-waivers.ts'
export { waiversJsonSchema } from './waivers/waivers-json-schema.ts'
export type { WaiverInput } from './waivers/waiver.schema.ts'
