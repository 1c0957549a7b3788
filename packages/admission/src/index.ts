export type {
  Admission,
  AdmissionEvent,
  AdmissionStats,
  DecideOptions,
  DecideReviewOptions,
  ImageContext,
} from './admission.ts'
export type { AdmissionOptions, VerdictCacheOptions } from './admission-options.ts'
export { createAdmission } from './create-admission.ts'
export type {
  AdmissionDecision,
  AdmissionGround,
  AdmissionMode,
  AdmissionReason,
  AdmissionReasonCode,
  AdmissionVerdict,
  ReliedEvidence,
} from './decision.ts'
export { AdmissionError, type AdmissionErrorCode, type AdmissionErrorOptions } from './errors.ts'
export type { AdmissionPolicy } from './policy/admission-policy.ts'
export {
  type AdmissionPolicyOptions,
  defineAdmissionPolicy,
  parseAdmissionPolicy,
} from './policy/parse-admission-policy.ts'
export type {
  AdmissionPolicyDocument,
  AdmissionRuleDocument,
  ExemptionDocument,
  MatchDocument,
  PodKindDocument,
  RequireDocument,
  SignedDocument,
  SignerDocument,
  SignerNames,
  TextDocument,
} from './policy/policy-document.ts'
export type { ClusterView, PullContext } from './ports/cluster-view.ts'
export type {
  ImageVerifier,
  PinnedImage,
  PullCredentials,
  VerificationProblem,
  VerificationTerms,
  VerifiedImage,
  VerifierCallOptions,
} from './ports/image-verifier.ts'
export type { RevocationSource } from './ports/revocation-source.ts'
export type { AdmissionReviewResponse } from './review/review-response.ts'
export type { Revocation, RevocationList } from './revoke/revocation-list.ts'
export { parseRevocations, type ParseRevocationsOptions } from './revoke/parse-revocations.ts'
export { revocationFile, type RevocationFileOptions } from './revoke/revocation-file.ts'
export { parseReview, type ParseReviewOptions } from './review/parse-review.ts'
export { createRegistryVerifier, type RegistryVerifierOptions } from './verify/registry-verifier.ts'
export { type PullingClients, pullingClients, type PullingClientsOptions } from './verify/pulling-clients.ts'
