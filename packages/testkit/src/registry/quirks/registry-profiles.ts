import type { RegistryQuirks } from './registry-quirks.ts'

const mebibyte = 1024 * 1024

/** Names of {@link registryProfiles}. */
export type RegistryProfile =
  | 'distribution-2.8'
  | 'ecr'
  | 'ecr-immutable'
  | 'ghcr'
  | 'gar'
  | 'acr'
  | 'docker-hub'
  | 'docker-hub-2024'
  | 'quay'
  | 'quay-2024'
  | 'harbor'
  | 'harbor-2.7'
  | 'harbor-immutable'
  | 'artifactory'
  | 'gitlab'
  | 'nexus'
  | 'gitea'
  | 'immutable'

/**
 * Quirks of registries as they were observed; pass one as `quirks`. Each is followed by where it was reported:
 * owner/repository#number on GitHub, or "measured" on the real program.
 */
export const registryProfiles: Readonly<Record<RegistryProfile, Partial<RegistryQuirks>>> = {
  'distribution-2.8': {
    referrersApi: false, // measured; distribution has no referrers API up to v3.1.1
    conditionalRequests: false, // measured: If-Match is ignored
    ignoresPaging: true, // measured
    singlePostUpload: false, // measured: 202
    tagDelete: false, // measured
    tagDeleteStatus: 400, // measured: DIGEST_INVALID
    tagParameters: false, // opencontainers/distribution-spec#600 is newer
    absoluteLocations: true, // measured
    ignoresContentRange: true, // measured: appended with 202
    canonicalDigests: true, // measured: Docker-Content-Digest and Location say sha256
    missingChildStatus: 400, // measured: MANIFEST_BLOB_UNKNOWN
    negotiatesManifests: true, // measured: 404 MANIFEST_UNKNOWN
  },
  ecr: {
    oversizedPage: 405, // google/go-containerregistry#681; renovatebot/renovate, docker/common.ts, for the status
    minPatchBytes: 5 * mebibyte, // dotnet/sdk-container-builds#424: LayerPartTooSmallException
    announcesMinPatchBytes: false, // dotnet/sdk-container-builds#424: the client had to know the limit
    patchStatus: 201, // openai/tart#273, aws/containers-roadmap#2831
    stickyUploadRange: true, // aws/containers-roadmap#2831, crashappsec/chalk#682
    uploadStatus: false, // aws/containers-roadmap#2831
    redirectsBlobs: true, // layers come from S3: docs.aws.amazon.com, "Amazon ECR interface VPC endpoints"
  },
  'ecr-immutable': {
    immutableTags: true, // sigstore/cosign#3024
    immutableTagRefusal: 'tag-invalid', // osscontainertools/kaniko#204
  },
  ghcr: {
    referrersApi: false, // NVIDIA/aicr#1957
    maxPatchBytes: 4 * mebibyte, // wasmCloud/wash-archive#268, ocx-sh/ocx#237
    tagOrder: 'oldest-first', // renovatebot/renovate#36103
  },
  gar: {
    referrersApi: false, // kubernetes/registry.k8s.io#287
    referrersAbsence: 'html-login', // kubernetes/registry.k8s.io#287
    chunkedUpload: false, // dotnet/sdk-container-builds#287, podman-container-tools/skopeo#1101
    insufficientScope: 'forbidden', // regclient/regclient#149
    maxTokenScopes: 1, // containerd/containerd#4379, regclient/regclient#149
    extraHeaderBytes: 21 * 1024, // actions/attest-build-provenance#687
  },
  acr: {
    strictContentRange: true, // dotnet/sdk-container-builds#258, goharbor/harbor#23016
    maxPutBytes: 20 * mebibyte, // goharbor/harbor#23016
    throttledManifestPuts: 1, // podman-container-tools/container-libs#42
  },
  'docker-hub': {
    mountFromUnknown: 400, // google/go-containerregistry#1679, #1741
  },
  'docker-hub-2024': {
    referrersApi: false, // docker/hub-feedback#2372
    ociSubjectHeader: true, // docker/hub-feedback#2372
    mountFromUnknown: 400, // google/go-containerregistry#1679, #1741
  },
  quay: {
    tagsPageSize: 100, // google/go-containerregistry#1963
    oversizedPage: 413, // google/go-containerregistry#1963, quay/quay#2884
    refusesAnonymousMount: true, // google/go-containerregistry#401; mended in Quay by quay/quay#899
  },
  'quay-2024': {
    ociSubjectHeader: false, // opencontainers/distribution-spec#563
    referrersDetails: false, // quay/quay#3047
    refusesAnonymousMount: true, // GoogleContainerTools/jib#703
  },
  harbor: {
    mountFromUnknown: 401, // goharbor/harbor#17097, google/go-containerregistry#1393
    sessionCookies: true, // dotnet/sdk-container-builds#418, openai/tart#295
    tokenPost: false, // containerd/containerd#8630
  },
  'harbor-2.7': {
    referrersApi: false, // goharbor/harbor#18324 came with 2.8
    referrersAbsence: 401, // regclient/regclient#384, #389
    mountFromUnknown: 401, // goharbor/harbor#17097
    sessionCookies: true, // dotnet/sdk-container-builds#418
    tokenPost: false, // containerd/containerd#8630
  },
  'harbor-immutable': {
    immutableTags: true, // goharbor/harbor#17332
    immutableTagRefusal: 'precondition', // goharbor/harbor#9427
  },
  artifactory: {
    referrersApi: false, // google/go-containerregistry#2026
    referrersAbsence: 406, // google/go-containerregistry#2026
    missingTagStatus: 403, // google/go-containerregistry#1691, sigstore/cosign#2973
    linkDropsPrefix: true, // renovatebot/renovate#15030, #15080 (RTFACT-18971)
    challengeScope: 'none', // containerd/containerd#3556
  },
  gitlab: {
    referrersApi: false, // oras-project/oras#2148
    // oras-project/oras#2148, oras-project/oras-go#1396. gitlab-org/container-registry, registry/handlers/manifests.go,
    // stores what is pushed under such a tag like any other.
    resolvesDigestTags: true,
  },
  nexus: {
    manifestHeadMissing: true, // crazy-max/diun#1614
  },
  gitea: {
    referrersApi: false, // go-gitea/gitea, routers/api/packages/container has no handler for it
    offersBasicBesideBearer: true, // renovatebot/renovate, lib/modules/datasource/docker/common.ts
    challengeScope: 'wildcard', // renovatebot/renovate, lib/modules/datasource/docker/common.ts
    // As a faithful registry it refuses sparse indexes: podman-container-tools/skopeo#2882.
  },
  immutable: { immutableTags: true },
}
