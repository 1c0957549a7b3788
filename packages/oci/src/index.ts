export { type ArchiveRepository, openArchive, type OpenArchiveOptions } from './archive/open-archive.ts'
export { type ArchiveWriter, createArchive, type CreateArchiveOptions } from './archive/create-archive.ts'
export { type ArchiveImage, streamArchive, type StreamArchiveOptions } from './archive/stream-archive.ts'
export { dockerAuthCredentials, type DockerAuthText } from './auth/docker-auth-credentials.ts'
export {
  dockerConfigCredentials,
  type DockerConfigCredentialsOptions,
} from './auth/docker-config-credentials.ts'
export { firstCredentials } from './auth/first-credentials.ts'
export type { CredentialHelper } from './auth/run-credential-helper.ts'
export { copy, type CopyOptions } from './copy/copy.ts'
export type { CopyBlobOptions, CopySource } from './copy/copy-blob.ts'
export type { ChooseTap, TappedBlob } from './copy/copy-blobs.ts'
export type { CopyEvent } from './copy/copy-event.ts'
export type { EvidenceOptions, EvidenceSource } from './copy/copy-evidence.ts'
export { copyImage, type CopyImageOptions, type CopyResult } from './copy/copy-image.ts'
export type {
  BlobTally,
  CopiedManifest,
  CopyReport,
  CopyRequests,
  FilteredEvidence,
  ManifestMechanism,
  ManifestRole,
  SearchedSubject,
} from './copy/copy-report.ts'
export type { CopyRunOptions } from './copy/copy-run.ts'
export type {
  EvidenceFilter,
  EvidenceMechanism,
  EvidenceRule,
  FoundEvidence,
} from './copy/evidence-filter.ts'
export type { BlobTap } from './copy/tap-content.ts'
export {
  type DistributionErrorCode,
  OciError,
  type OciErrorCode,
  type OciErrorOptions,
  type RegistryError,
  type TagDigests,
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
export type { CollectGarbageOptions, GarbageReport } from './layout/collect-garbage.ts'
export type { RegistryWarning } from './http/warnings.ts'
export { type LayoutRepository, openLayout, type OpenLayoutOptions } from './layout/open-layout.ts'
export { holdsOnlyDocuments } from './manifest/holds-only-documents.ts'
export { parseIndex, parseManifest } from './manifest/parse-manifest.ts'
export { toRawManifest, type ToRawManifestOptions } from './manifest/raw-manifest.ts'
export { matchPlatform, normalizePlatform, type PlatformRule } from './platform/match-platform.ts'
export { selectPlatform, type SelectPlatformOptions } from './platform/select-platform.ts'
export type { CredentialProvider, CredentialQuery, Credentials } from './ports/credential-provider.ts'
export type {
  CosignTag,
  DiscoveredReferrer,
  FindManifestOptions,
  ListedReferrer,
  ListReferrerEntriesOptions,
  ListReferrersOptions,
  PutManifestOptions,
  ReferrerDiscovery,
  ReferrerListing,
  ReferrerMechanism,
  RejectedReferrer,
  Repository,
} from './ports/repository.ts'
export type { UploadKey, UploadState, UploadStateStore } from './ports/upload-state-store.ts'
export { type OpenedSource, openSource, type OpenPlaceOptions } from './reference/open-source.ts'
export { type OpenedTarget, openTarget } from './reference/open-target.ts'
export { formatLocator, type ImageLocator, parseLocator } from './reference/parse-locator.ts'
export { isEvidenceTag } from './referrers/fallback-tag.ts'
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
export type { ListTagsOptions } from './registry/list-tags.ts'
export type { ProbeCapabilitiesOptions } from './registry/probe-capabilities.ts'
export type { MountSource } from './registry/probe-uploads.ts'
export {
  isRegistryRepository,
  type ObservedWrites,
  type RegistryRepository,
} from './registry/registry-repository.ts'
export type { UploadRules } from './registry/upload-rules.ts'
export type { BlobOutcome, RegistryBlobOptions } from './registry/write-blob.ts'
export { uploadStateFolder, type UploadStateFolderOptions } from './upload-state/upload-state-folder.ts'
