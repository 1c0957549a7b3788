export type { AuditClass, ManifestRole } from './audit-class.ts'
export { auditClasses } from './audit-class.ts'
export type {
  AuditedDecision,
  AuditedEvidence,
  AuditProblem,
  AuditRecord,
  Deployment,
  PresentJudgement,
} from './audit-record.ts'
export type { AuditCoverage, AuditSummary } from './audit-report.ts'
export type { AuditTerms, PresentTerms } from './audit-terms.ts'
export { type Audit, createAudit } from './run/create-audit.ts'
export type { AuditFilters } from './run/audit-filters.ts'
export type { AuditOptions } from './run/audit-options.ts'
export type { AuditProgress } from './run/audit-progress.ts'
export type { AuditEstimate } from './run/estimate-audit.ts'
export { type AuditState, sqliteAuditState } from './state/audit-state.ts'
export { distributionListing, type DistributionListingOptions } from './walk/distribution-listing.ts'
export { checkTerms } from './classify/compile-terms.ts'
export { type ClassifierOptions, createClassifier } from './classify/create-classifier.ts'
export { AuditError, type AuditErrorCode, type AuditErrorOptions } from './errors.ts'
export { findGarbage, type Garbage } from './garbage/find-garbage.ts'
export type { AuditArchive, RecordFilter } from './ports/audit-state.ts'
export type { Classification, ClassifiedSubject, ImageClassifier } from './ports/image-classifier.ts'
export type {
  ListedManifest,
  ListingOptions,
  RegistryListing,
  UnlistedTag,
} from './ports/registry-listing.ts'
export {
  joinDeployments,
  type JoinDeploymentsOptions,
  type JoinedDeployments,
} from './deployments/join-deployments.ts'
export { parseDeployments, type ParseDeploymentsOptions } from './deployments/parse-deployments.ts'
export type { ReportedImage } from './deployments/reported-image.ts'
export { sortByUrgency, type UrgentRecord, urgencyOf } from './deployments/urgency.ts'
export {
  chooseRepair,
  type ChooseRepairOptions,
  type RepairChoice,
  type RetireOptions,
} from './repair/choose-repair.ts'
export { backfillType } from './repair/describe-backfill.ts'
export { formatRepairPlan, type FormatRepairPlanOptions } from './repair/format-repair-plan.ts'
export {
  parseRepairPlan,
  type ParseRepairPlanOptions,
  type ReviewedPlan,
} from './repair/parse-repair-plan.ts'
export { planRepairs, type PlanRepairsOptions } from './repair/plan-repairs.ts'
export { promotionRequests } from './repair/promotion-requests.ts'
export type { RepairAction, RepairKind, RepairPlan } from './repair/repair-plan.ts'
export type { RepairOutcome, RepairReport, RepairResult, RepairStep } from './repair/repair-report.ts'
export { type RepairKey, type RepairState, sqliteRepairState } from './repair/repair-state.ts'
export { repair, type RepairOptions, type RepairProgress } from './repair/repair.ts'
