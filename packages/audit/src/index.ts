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
