export { AttestError, type AttestErrorCode } from './errors.ts'
export type { CertifiedSigner, KeylessSigner, Signer, SigningCertificate } from './ports/signer.ts'
export type { SignedContent, Testimony, Witness } from './ports/witness.ts'
export { generateSigningKey, type SigningKeyPair } from './signing/generate-signing-key.ts'
export { keySigner, type KeySignerOptions } from './signing/key-signer.ts'
export type { PrivateKeyOptions } from './signing/parse-private-key.ts'
export { parsePublicKey, type PublicKey } from './signing/parse-public-key.ts'
export { signStatement, type SignedStatement, type SignStatementOptions } from './statement/sign-statement.ts'
export {
  createStatement,
  predicateTypes,
  type Statement,
  type StatementSubject,
} from './statement/statement.ts'
export {
  attachAttestation,
  type AttachedPiece,
  type AttachOptions,
  type AttachResult,
  attachSignature,
  type AttachSignatureOptions,
  type StorageMode,
} from './storage/attach.ts'
export type { SignatureAlgorithm } from './signing/signature-algorithm.ts'
export { combineTrustedRoots } from './trust/combine-trusted-roots.ts'
export { trustedRootProblems } from './trust/trusted-root-problems.ts'
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
