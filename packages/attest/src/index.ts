export { type EnvelopeContent, signEnvelope } from './envelope/sign-envelope.ts'
export {
  type EnvelopeVerdict,
  verifyEnvelope,
  type VerifyEnvelopeOptions,
} from './envelope/verify-envelope.ts'
export { AttestError, type AttestErrorCode, type AttestErrorOptions, type KmsFailure } from './errors.ts'
export { anyWitness } from './keyless/any-witness.ts'
export { fulcioSigner, type FulcioSignerOptions } from './keyless/fulcio-signer.ts'
export {
  type AmbientIdentity,
  ambientIdentityToken,
  type AmbientIdentityTokenOptions,
} from './keyless/identity/ambient-identity-token.ts'
export {
  azureIdentityToken,
  type AzureIdentityTokenOptions,
} from './keyless/identity/azure-identity-token.ts'
export { buildkiteIdentityToken } from './keyless/identity/buildkite-identity-token.ts'
export { fileIdentityToken } from './keyless/identity/file-identity-token.ts'
export { githubActionsIdentityToken } from './keyless/identity/github-actions-identity-token.ts'
export {
  environmentIdentityToken,
  type EnvironmentIdentityTokenOptions,
  fixedIdentityToken,
} from './keyless/identity/given-identity-token.ts'
export {
  googleIdentityToken,
  type GoogleIdentityTokenOptions,
} from './keyless/identity/google-identity-token.ts'
export {
  spiffeIdentityToken,
  type SpiffeIdentityTokenOptions,
} from './keyless/identity/spiffe-identity-token.ts'
export type { TokenServiceOptions } from './keyless/identity/token-service-options.ts'
export { rekorLog, type RekorLogOptions } from './keyless/rekor-log.ts'
export type { ServiceOptions } from './service/service-options.ts'
export { timestampAuthority, type TimestampAuthorityOptions } from './keyless/timestamp-authority.ts'
export type { KmsSignerOptions } from './kms/kms-signer-options.ts'
export { kmsSigner } from './kms/kms-signer.ts'
export type { IdentityTokenRequest, IdentityTokenSource } from './ports/identity-token-source.ts'
export type {
  CertifiedSigner,
  IdentitySigner,
  KeylessSigner,
  Signer,
  SignerIdentity,
  SigningCertificate,
} from './ports/signer.ts'
export type { SignedContent, Testimony, Witness } from './ports/witness.ts'
export { type BuildSource, findBuildSource } from './predicates/build-source.ts'
export {
  type BuilderCheck,
  type BuilderProblemCode,
  type BuildLevel,
  checkBuilder,
  type CheckBuilderOptions,
  type TrustedBuilder,
} from './predicates/check-builder.ts'
export {
  type CheckSbomOptions,
  checkSbomSubject,
  type SbomCheck,
  type SbomProblemCode,
} from './predicates/check-sbom-subject.ts'
export {
  checkVsa,
  type CheckVsaOptions,
  type ExpectedVerifier,
  type TrustedVerifier,
  type VsaProblemCode,
} from './predicates/check-vsa.ts'
export type { PackageDifferences } from './predicates/compare-packages.ts'
export type { CosignCustomParts, CosignCustomPredicate } from './predicates/cosign-custom.ts'
export { cosignTypes } from './predicates/cosign-types.ts'
export type { CosignVulnParts, CosignVulnPredicate } from './predicates/cosign-vuln.ts'
export type { CycloneDxComponent, CycloneDxPredicate } from './predicates/cyclonedx.ts'
export { decisionLevel } from './predicates/decision-level.ts'
export { decisionResource } from './predicates/decision-resource.ts'
export type { ResourceDescriptor } from './predicates/fields.schema.ts'
export type { FileManifestParts, FileManifestPredicate } from './predicates/file-manifest.ts'
export type { LinkPredicate } from './predicates/link.ts'
export type {
  OpenVexComponent,
  OpenVexJustification,
  OpenVexParts,
  OpenVexPredicate,
  OpenVexProduct,
  OpenVexStatus,
} from './predicates/openvex.ts'
export { parsePredicate } from './predicates/parse-predicate.ts'
export type { PredicateCheck, PredicateProblem } from './predicates/predicate-check.ts'
export type { PredicateKind, WritablePredicateKind } from './predicates/predicate-kind.ts'
export { predicateKinds } from './predicates/predicate-kinds.ts'
export type { ProvenanceV02Predicate } from './predicates/provenance-v02.ts'
export type { ProvenanceParts, ProvenancePredicate } from './predicates/provenance.ts'
export { type FileManifestLimits, readFileManifest } from './predicates/read-file-manifest.ts'
export type { ReferencePredicate } from './predicates/reference.ts'
export type { ReleasePredicate } from './predicates/release.ts'
export type { RuntimeTraceParts, RuntimeTracePredicate } from './predicates/runtime-trace.ts'
export type { ScaiParts, ScaiPredicate } from './predicates/scai.ts'
export type {
  Spdx2Package,
  Spdx2Predicate,
  Spdx3Element,
  Spdx3Predicate,
  SpdxPredicate,
} from './predicates/spdx.ts'
export type { SvrParts, SvrPredicate } from './predicates/svr.ts'
export type { TestResultPredicate } from './predicates/test-result.ts'
export type { VsaParts, VsaPredicate } from './predicates/vsa.ts'
export type { VulnsFinding, VulnsParts, VulnsPredicate } from './predicates/vulns.ts'
export type { Resource } from './predicates/write-fields.ts'
export { encryptPrivateKey, type EncryptPrivateKeyOptions } from './signing/encrypt-private-key.ts'
export {
  generateSigningKey,
  type GenerateSigningKeyOptions,
  type SigningKeyPair,
} from './signing/generate-signing-key.ts'
export { keySigner, type KeySignerOptions } from './signing/key-signer.ts'
export type { PrivateKeyOptions } from './signing/parse-private-key.ts'
export { parsePublicKey, type PublicKey } from './signing/parse-public-key.ts'
export {
  type GatheredTestimony,
  type SignedPayload,
  type SigningOptions,
  signPayload,
  type SignPayloadOptions,
} from './signing/sign-payload.ts'
export type { SignatureAlgorithm } from './signing/signature-algorithm.ts'
export { type SignedStatement, signStatement, type SignStatementOptions } from './statement/sign-statement.ts'
export {
  createStatement,
  predicateTypes,
  type Statement,
  type StatementSubject,
} from './statement/statement.ts'
export type { AttachedPiece, AttachOptions, AttachResult, StorageMode } from './storage/attach-options.ts'
export { attachAttestation, attachSignature, type AttachSignatureOptions } from './storage/attach.ts'
export { createAttacher, type EvidenceAttacher } from './storage/create-attacher.ts'
export type { AttestationItem, EvidenceItem, SignatureItem } from './storage/evidence-item.ts'
export { combineTrustedRoots } from './trust/combine-trusted-roots.ts'
export {
  parseTrustedRoot,
  type TrustedAuthority,
  type TrustedLog,
  type TrustedRoot,
  type TrustedSpan,
} from './trust/trusted-root.ts'
export { trustedRootProblems, type TrustedRootProblemsOptions } from './trust/trusted-root-problems.ts'
export {
  type BundleArtifact,
  type BundleVerdict,
  verifyBundle,
  type VerifyBundleOptions,
} from './verify/verify-bundle.ts'
export {
  type ConfiguredService,
  parseSigningConfig,
  type ServiceChoice,
  type SigningConfig,
} from './trust/signing-config.ts'
export {
  signingServices,
  type SigningServices,
  type SigningServicesOptions,
} from './trust/signing-services.ts'
export type {
  CertificateIdentity,
  ConfirmationThresholds,
  TextPattern,
  TrustedKey,
  Validity,
  VerificationTrust,
} from './trust/verification-trust.ts'
export type { EvidenceLimits } from './verify/evidence-limits.ts'
export type { EvidenceSigner, VerifiedLogEntry, VerifiedTime } from './verify/evidence-signer.ts'
export type {
  EvidenceReport,
  EvidenceStore,
  RejectedEvidence,
  RejectionReason,
  VerifiedEvidence,
} from './verify/evidence.ts'
export { readEvidence, type ReadEvidenceOptions } from './verify/read-evidence.ts'
export { type EvidenceRequirement, requireEvidence } from './verify/require-evidence.ts'
export { acceptSigners, type SignerCheck, type SignerProblem } from './verify-image/accept-signers.ts'
export { dateEvidence, type EvidenceDates } from './verify-image/check-age.ts'
export {
  createImageVerifier,
  type ImageVerifier,
  type ImageVerifierOptions,
  type VerifyOptions,
} from './verify-image/create-image-verifier.ts'
export type {
  CandidatePlace,
  CandidateProblemCode,
  CountedEvidence,
  EvidenceProblemCode,
  ImageVerdict,
  JudgedSubject,
  MissedCandidate,
  RequirementResult,
  StoreReport,
  VerdictWarning,
} from './verify-image/image-verdict.ts'
export type {
  AcceptedBuilder,
  AcceptedSigners,
  AcceptedVerifier,
  AllOfRequirement,
  AnyOfRequirement,
  AtLeastRequirement,
  AttestationRequirement,
  ImageInventory,
  PredicateCondition,
  PredicateConditions,
  PredicateSchema,
  ProvenanceRequirement,
  Requirement,
  SbomRequirement,
  SignatureRequirement,
  VsaRequirement,
} from './verify-image/requirement.ts'
export {
  createVerificationCache,
  type VerificationCache,
  type VerificationCacheOptions,
} from './verify-image/verification-cache.ts'
export { verifyImage, type VerifyImageOptions } from './verify-image/verify-image.ts'
