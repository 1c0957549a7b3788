export { HardenError, type HardenErrorCode } from './errors.ts'
export { hardenImage } from './harden-image.ts'
export type { ApprovedPlan, HardenImageOptions, HardenProgress, PlanOptions } from './harden-options.ts'
export type {
  HardenProof,
  HardenReport,
  HardenResult,
  InvariantResult,
  OpenDependency,
  PackageRemoval,
} from './harden-result.ts'
export {
  checkInvariants,
  type CheckedLaw,
  type CheckInvariantsOptions,
  type InvariantReport,
  type InvariantSample,
  type InvariantSubject,
} from './invariants/check-invariants.ts'
export type { ComparedFinding } from './invariants/compare-findings.ts'
export { controlImage, type ControlImageOptions } from './invariants/control-image.ts'
export type { HardenPlan } from './plan/plan-hardening.ts'
export { analyzeUsage, proposePlan, type ProposedPlan } from './propose-plan.ts'
export type { UsageAnalysis } from './usage/analyze-usage.ts'
export type { DataPack } from './usage/data-packs.ts'
export type { PackageUsage, Usage, UsageEdge, UsageEdgeKind } from './usage/usage.ts'
