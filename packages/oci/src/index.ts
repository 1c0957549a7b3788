export {
  dockerConfigCredentials,
  type DockerConfigCredentialsOptions,
} from './auth/docker-config-credentials.ts'
export { firstCredentials } from './auth/first-credentials.ts'
export type { CredentialHelper } from './auth/run-credential-helper.ts'
export {
  copyImage,
  type CopyEvent,
  type CopyImageOptions,
  type CopyResult,
  type CopySource,
} from './copy/copy-image.ts'
export {
  type DistributionErrorCode,
  OciError,
  type OciErrorCode,
  type OciErrorOptions,
  type RegistryError,
} from './errors.ts'
export {
  createHostLimiter,
  type HostLane,
  type HostLimiter,
  type HostLimiterOptions,
} from './http/host-limiter.ts'
export type { RequestEvent } from './http/metered-transport.ts'
export { type RequestCount, requestsSince } from './http/request-counts.ts'
export type { RetryOptions, Sleep } from './http/retry-delay.ts'
export type { Environment } from './http/choose-proxy.ts'
export type { RegistryTls, RegistryTlsSettings } from './http/registry-tls.ts'
export type { TransportOptions } from './http/transport.ts'
export type { RegistryWarning } from './http/warnings.ts'
export { type LayoutRepository, openLayout, type OpenLayoutOptions } from './layout/open-layout.ts'
export { parseIndex, parseManifest } from './manifest/parse-manifest.ts'
export { toRawManifest, type ToRawManifestOptions } from './manifest/raw-manifest.ts'
export { matchPlatform, normalizePlatform, type PlatformRule } from './platform/match-platform.ts'
export { selectPlatform, type SelectPlatformOptions } from './platform/select-platform.ts'
export type { CredentialProvider, CredentialQuery, Credentials } from './ports/credential-provider.ts'
export type {
  CosignTag,
  DiscoveredReferrer,
  ListReferrersOptions,
  PutManifestOptions,
  ReferrerDiscovery,
  ReferrerMechanism,
  RejectedReferrer,
  Repository,
} from './ports/repository.ts'
export { isTag, parseReference, type ParseReferenceOptions } from './reference/parse-reference.ts'
export { fallbackTag } from './referrers/fallback-tag.ts'
export {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions,
} from './registry/create-registry-client.ts'
export { isRegistryRepository, type RegistryRepository } from './registry/registry-repository.ts'
export type { BlobOutcome, RegistryBlobOptions } from './registry/write-blob.ts'
