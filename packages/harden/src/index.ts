export { HardenError, type HardenErrorCode } from './errors.ts'
export type { HardenReport, HardenResult, InvariantResult, PackageRemoval } from './harden-result.ts'
export type { PackageUsage, Usage, UsageEdge, UsageEdgeKind } from './usage/usage.ts'
