export { HardenError, type HardenErrorCode } from './errors.ts'
export { hardenImage, type HardenImageOptions } from './harden-image.ts'
export type {
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
export { analyzeUsage, type AnalyzeUsageOptions, type UsageAnalysis } from './usage/analyze-usage.ts'
export type { PackageUsage, Usage, UsageEdge, UsageEdgeKind } from './usage/usage.ts'
