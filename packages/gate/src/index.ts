export { hardeningBuildType } from '@sallyport/harden/report'
export { GateError, type GateErrorCode, type GateErrorOptions } from './errors.ts'
export { sqliteJournal, type SqliteJournalOptions } from './journal/sqlite-journal.ts'
export type { DurableSteps, Json } from './ports/durable-steps.ts'
export type {
  Cancellation,
  Journal,
  JournaledEvidence,
  JournaledStep,
  PromotionAttempt,
  PromotionFilter,
  PromotionKey,
  PromotionRecord,
  PromotionStart,
  PruneResult,
  ReleaseRecordFilter,
  SightedFinding,
} from './ports/journal.ts'
export type { KnownBase } from './facts/find-base.ts'
export type { Leases } from './ports/leases.ts'
export type { Page, PageOptions } from './ports/page.ts'
export type {
  ApprovedWaivers,
  QuarantineApproval,
  QuarantinedFinding,
  QuarantineEntry,
  QuarantineEvent,
  QuarantineEvidence,
  QuarantineFilter,
  QuarantineMatch,
  QuarantineOptions,
  QuarantineRecord,
  QuarantineRejection,
  QuarantineState,
  QuarantineStatus,
  QuarantineStore,
  QuarantineSummary,
  Supersession,
} from './ports/quarantine-store.ts'
export { type BlobCache, folderBlobCache, type FolderBlobCacheOptions } from './batch/blob-cache.ts'
export type { PromoteAllOptions } from './batch/promote-all.ts'
export type { ReleaseOptions, ReleaseOutcome } from './batch/promote-release.ts'
export { createUploadIndex, type UploadClaims, type UploadIndex } from './batch/upload-index.ts'
export { createGate, type Gate } from './promote/create-gate.ts'
export type { GateContext } from './promote/gate-context.ts'
export type { FactsContext, GatherFacts } from './promote/gather-facts.ts'
export { journalSteps } from './promote/journal-steps.ts'
export { withLease } from './promote/hold-lease.ts'
export type {
  GateOptions,
  HardenChoice,
  PatchChoice,
  PlanOptions,
  PromoteOptions,
  RunOptions,
} from './promote/options.ts'
export type { GateSigner, SignatureConfirmation } from './promote/gate-signer.ts'
export type { SignedBy } from './record/signed-by.ts'
export type { ErrorOutcome, FailedOutcome, PassedOutcome, PromotionOutcome } from './promote/outcome.ts'
export type { AttachedEvidence } from './record/attached-evidence.ts'
export type { PromotionPlan } from './promote/plan-one.ts'
export { planPromotion } from './promote/plan-promotion.ts'
export type { PromotionRequest } from './promote/request.ts'
export type {
  Attestation,
  PassedPreparation,
  Preparation,
  Publication,
  Resolution,
  Verification,
} from './promote/resolution.ts'
export type { RollbackRequest } from './promote/roll-back.ts'
export { runPromotion } from './promote/run-promotion.ts'
export type { StepMemory, StepOptions } from './promote/step-options.ts'
export { attestPromotion } from './steps/attest-promotion.ts'
export { preparePromotion } from './steps/prepare-promotion.ts'
export { publishPromotion } from './steps/publish-promotion.ts'
export { recordPromotion, recordRefusal } from './steps/record-promotion.ts'
export { resolvePromotion } from './steps/resolve-promotion.ts'
export { verifyPromotion } from './steps/verify-promotion.ts'
export type { PromotionTelemetry } from './telemetry/promotion-telemetry.ts'
export type {
  FindingName,
  FindingsChange,
  ImageSummary,
  PlatformSummary,
} from './promote/platform-summary.ts'
export type { ProgressListener, PromotionProgress } from './promote/progress.ts'
export { promote } from './promote/promote.ts'
export { type StepName, stepNames } from './promote/step-name.ts'
export { createStepRunner, type StepRunner, type StepRunnerOptions } from './promote/step-runner.ts'
export { describeQuarantine, type RefusedPromotion } from './quarantine/describe-quarantine.ts'
export { waiversPayloadType } from './quarantine/grant-waivers.ts'
export { sqliteQuarantine, type SqliteQuarantineOptions } from './quarantine/sqlite-quarantine.ts'
export {
  createPushTrigger,
  type PushReaction,
  type PushTrigger,
  type PushTriggerOptions,
  type RoutedRequest,
} from './trigger/create-push-trigger.ts'
export type { PushEvent } from './trigger/push-event.ts'
export type { LayerChange, StoredLayer } from './promote/pair-layers.ts'
export type { ReleasedPlatform, ReleaseRecord } from './record/release-record.ts'
export {
  applyStatements,
  type ApplyStatementsOptions,
  type OwnedIgnoreFile,
  type TrustedStatements,
} from './steps/apply-statements.ts'
export {
  type AttachedSet,
  attachEvidence,
  type AttachEvidenceOptions,
  type PromotedSubject,
} from './steps/attach-evidence.ts'
export { buildIndex } from './steps/build-index.ts'
export { combineDecisions } from './steps/combine-decisions.ts'
export { describeDecision, type DescribeDecisionOptions } from './steps/describe-decision.ts'
export {
  describeEvidence,
  type DescribeEvidenceOptions,
  type EvidenceDocument,
} from './steps/describe-evidence.ts'
export { judgeImage, type ImageJudgement, type JudgeImageOptions } from './steps/judge-image.ts'
export {
  type ImageContent,
  pushContent,
  type PushContentOptions,
  type PushResult,
} from './steps/push-content.ts'
export { publishTag, type PublishTagOptions } from './steps/publish-tag.ts'
export {
  type ResolvedSource,
  resolveSource,
  type ResolveSourceOptions,
  type SourceImage,
} from './steps/resolve-source.ts'
export { verifyTarget, type VerifyTargetOptions } from './steps/verify-target.ts'
export type { ExaminedImage, OpenedImage } from './steps/examined-image.ts'
export type { GateAlert } from './promote/alert.ts'
export type { KeptJudgement } from './promote/kept-judgement.ts'
export { breakGlassType } from './steps/describe-break-glass.ts'
export type { PolicyDocumentKind } from './policy-artifact/policy-artifact.ts'
export {
  type PulledPolicyDocument,
  pullPolicyDocument,
  type PullPolicyDocumentOptions,
} from './policy-artifact/pull-policy.ts'
export { pushPolicyDocument, type PushPolicyDocumentOptions } from './policy-artifact/push-policy.ts'
