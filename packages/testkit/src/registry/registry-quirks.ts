/**
 * Ways in which real registries differ from the OCI distribution specification 1.1 or from each other.
 * The defaults make a faithful registry.
 */
export interface RegistryQuirks {
  /** The referrers API. `false`: 404, so that clients must use the fallback tag. Default `true`. */
  readonly referrersApi: boolean
  /** Answer `OCI-Subject` to a manifest with a subject. Default: as `referrersApi`; `true` without the API is a lie. */
  readonly ociSubjectHeader: boolean | undefined
  /** Largest page of the referrers API; further pages by `Link`. Default 1000. */
  readonly referrersPageSize: number
  /** Apply `artifactType` filters and say so. Default `true`. */
  readonly referrersFilter: boolean
  /** Honour `If-Match` and `If-None-Match` on manifests. Default `true`. */
  readonly conditionalRequests: boolean
  /** Ignore `n` and `last` of tag lists, and list tags unsorted. Default `false`. */
  readonly ignoresPaging: boolean
  /** Largest page of a tag list. Default 1000. */
  readonly tagsPageSize: number
  /** Accept a whole blob in one POST. `false`: answer 202 with an upload session. Default `true`. */
  readonly singlePostUpload: boolean
  /** Mount blobs from other repositories. `false`: answer 202. Default `true`. */
  readonly mount: boolean
  /** Mount a blob without `from`. Default `false`: answer 202. */
  readonly anonymousMount: boolean
  /** Delete tags. `false`: 405. Default `true`. */
  readonly tagDelete: boolean
  /** Refuse to move a tag that exists. Default `false`. */
  readonly immutableTags: boolean
  /** Refuse manifests whose children or blobs are missing. Default `true`. */
  readonly checksChildren: boolean
  /** Send `Docker-Content-Digest`. Default `true`. */
  readonly digestHeader: boolean
  /** Upload and page locations with scheme and host. Default `false`: paths. */
  readonly absoluteLocations: boolean
  /** Require the newest location of an upload. Default `true`. */
  readonly checksUploadState: boolean
  /** Largest PATCH body; a larger one gives 416. Default unlimited. */
  readonly maxPatchBytes: number
  /** Smallest PATCH body but the last, announced as `OCI-Chunk-Min-Length`. Default 0. */
  readonly minPatchBytes: number
  /** Serve blobs by a redirect to another host name of the machine. Default `false`. */
  readonly redirectsBlobs: boolean
  /** Treat the tag `sha256-<hex>` as the digest itself. Default `false`. */
  readonly resolvesDigestTags: boolean
  /** Answer 404 to HEAD of manifests. Default `false`. */
  readonly manifestHeadMissing: boolean
}

/** The quirks of a registry that follows the specification. */
export const faithfulRegistry: RegistryQuirks = {
  referrersApi: true,
  ociSubjectHeader: undefined,
  referrersPageSize: 1000,
  referrersFilter: true,
  conditionalRequests: true,
  ignoresPaging: false,
  tagsPageSize: 1000,
  singlePostUpload: true,
  mount: true,
  anonymousMount: false,
  tagDelete: true,
  immutableTags: false,
  checksChildren: true,
  digestHeader: true,
  absoluteLocations: false,
  checksUploadState: true,
  maxPatchBytes: Number.POSITIVE_INFINITY,
  minPatchBytes: 0,
  redirectsBlobs: false,
  resolvesDigestTags: false,
  manifestHeadMissing: false,
}

/** Names of {@link registryProfiles}. */
export type RegistryProfile =
  | 'distribution-2.8'
  | 'ghcr'
  | 'ecr'
  | 'docker-hub-2024'
  | 'gitlab'
  | 'nexus'
  | 'immutable'

/** Quirks of registries as they were observed; pass one as `quirks`. */
export const registryProfiles: Readonly<Record<RegistryProfile, Partial<RegistryQuirks>>> = {
  'distribution-2.8': {
    referrersApi: false,
    conditionalRequests: false,
    ignoresPaging: true,
    singlePostUpload: false,
    tagDelete: false,
    absoluteLocations: true,
  },
  ghcr: { referrersApi: false, maxPatchBytes: 4 * 1024 * 1024 },
  ecr: { tagsPageSize: 1000, minPatchBytes: 5 * 1024 * 1024, redirectsBlobs: true },
  'docker-hub-2024': { referrersApi: false, ociSubjectHeader: true },
  gitlab: { referrersApi: false, resolvesDigestTags: true },
  nexus: { manifestHeadMissing: true },
  immutable: { immutableTags: true },
}
