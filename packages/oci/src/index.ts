export {
  dockerConfigCredentials,
  type DockerConfigCredentialsOptions,
} from './auth/docker-config-credentials.ts'
export type { CredentialHelper } from './auth/run-credential-helper.ts'
export {
  copyImage,
  type CopyEvent,
  type CopyImageOptions,
  type CopyResult,
  type CopySource,
} from './copy/copy-image.ts'
export { OciError, type OciErrorCode, type OciErrorOptions } from './errors.ts'
export type { RetryOptions, Sleep } from './http/retry-delay.ts'
export type { TransportOptions } from './http/transport.ts'
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
  type Capability,
  parseCapabilities,
  type RepositoryCapabilities,
} from './registry/capabilities.schema.ts'
export {
  createRegistryClient,
  type RegistryClient,
  type RegistryClientOptions,
} from './registry/create-registry-client.ts'
export type { DeleteOutcome } from './registry/delete-content.ts'
export type { ListRepositoriesOptions } from './registry/list-repositories.ts'
export type { ProbeCapabilitiesOptions } from './registry/probe-capabilities.ts'
export type { MountSource } from './registry/probe-uploads.ts'
export { isRegistryRepository, type RegistryRepository } from './registry/registry-repository.ts'
export type { BlobOutcome, RegistryBlobOptions } from './registry/write-blob.ts'
