export type { ValidityPeriod } from './certificates/build-certificate.ts'
export type {
  CertificateAuthority,
  CertifyOptions,
  IssuedCertificate,
} from './certificates/certificate-authority.ts'
export type {
  CertificateIdentity,
  CertificateSubject,
  WorkflowExtensionName,
  WorkflowExtensions,
} from './certificates/certificate-identity.ts'
export type {
  CertificateTransparencyLog,
  Precertificate,
} from './certificates/certificate-transparency-log.ts'
export { createSigstore, type Sigstore, type SigstoreOptions } from './create-sigstore.ts'
export { type DsseEnvelope, preAuthEncoding } from './dsse-envelope.ts'
export type { SigningKey } from './keys/signing-key.ts'
export type {
  LogEntryBody,
  LoggedSignature,
  LoggedVerifier,
  SignedDigest,
  SignedEnvelope,
} from './log/log-entry-body.ts'
export type {
  AppendOptions,
  ProofOptions,
  TransparencyLog,
  TransparencyLogEntry,
} from './log/transparency-log.ts'
export type { Bundle, SignBundleOptions, SignedBundle, SignedContent } from './sign-bundle.ts'
export type { SigstoreServices } from './sigstore-services.ts'
export type { StampRequest, TimestampAuthority } from './timestamps/timestamp-authority.ts'
export {
  buildSigningConfig,
  type ServiceSelection,
  type SigningConfig,
  type SigningConfigOptions,
  type SigningService,
} from './trust/signing-config.ts'
export {
  buildTrustedRoot,
  joinTrustedRoots,
  type JsonAuthority,
  type JsonLog,
  type JsonValidity,
  type TrustedParts,
  type TrustedRoot,
} from './trust/trusted-root.ts'
export { type GithubRun, githubClaims } from './oidc/github-claims.ts'
export type { TokenClaims, TokenOptions } from './oidc/oidc-issuer.ts'
export { type RunningOidcIssuer, startOidcIssuer } from './oidc/start-oidc-issuer.ts'
export type { ServiceRequest, ServiceResponse } from './http/start-http-service.ts'
export {
  type RunningSigstore,
  type SigstoreRequest,
  type SigstoreRequestHook,
  type SigstoreServiceName,
  startSigstore,
  type StartSigstoreOptions,
} from './start-sigstore.ts'
export type { TufRepository, TufRole } from './tuf/tuf-repository.ts'
