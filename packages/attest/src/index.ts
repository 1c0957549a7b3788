export { AttestError, type AttestErrorCode } from './errors.ts'
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
export { anyWitness } from './keyless/any-witness.ts'
export { rekorLog, type RekorLogOptions } from './keyless/rekor-log.ts'
export type { ServiceOptions } from './keyless/service-options.ts'
export { timestampAuthority, type TimestampAuthorityOptions } from './keyless/timestamp-authority.ts'
export type { IdentityTokenRequest, IdentityTokenSource } from './ports/identity-token-source.ts'
export type { CertifiedSigner, KeylessSigner, Signer, SigningCertificate } from './ports/signer.ts'
export type { SignedContent, Testimony, Witness } from './ports/witness.ts'
export { generateSigningKey, type SigningKeyPair } from './signing/generate-signing-key.ts'
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
export { signStatement, type SignedStatement, type SignStatementOptions } from './statement/sign-statement.ts'
export {
  createStatement,
  predicateTypes,
  type Statement,
  type StatementSubject,
} from './statement/statement.ts'
export { attachAttestation, attachSignature, type AttachSignatureOptions } from './storage/attach.ts'
export type { AttachedPiece, AttachOptions, AttachResult, StorageMode } from './storage/attach-options.ts'
export type { SignatureAlgorithm } from './signing/signature-algorithm.ts'
export { combineTrustedRoots } from './trust/combine-trusted-roots.ts'
export {
  parseTrustedRoot,
  type TrustedAuthority,
  type TrustedLog,
  type TrustedRoot,
  type TrustedSpan,
} from './trust/trusted-root.ts'
export type {
  CertificateIdentity,
  ConfirmationThresholds,
  TextPattern,
  TrustedKey,
  Validity,
  VerificationTrust,
} from './trust/verification-trust.ts'
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
  type SigningServices,
  signingServices,
  type SigningServicesOptions,
} from './trust/signing-services.ts'
export type { EvidenceSigner, VerifiedLogEntry, VerifiedTime } from './verify/evidence-signer.ts'
export type { EvidenceLimits } from './verify/evidence-limits.ts'
export type {
  EvidenceReport,
  EvidenceStore,
  RejectedEvidence,
  RejectionReason,
  VerifiedEvidence,
} from './verify/evidence.ts'
export { readEvidence, type ReadEvidenceOptions } from './verify/read-evidence.ts'
export { type EvidenceRequirement, requireEvidence } from './verify/require-evidence.ts'
