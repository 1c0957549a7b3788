import type { BlobOptions, BlobReader, BlobStore, RawManifest } from '@sallyport/core'

/** Reads artifacts of one repository of a registry, or of an OCI layout. A `Repository` of `@sallyport/oci` is one. */
export interface ArtifactSource extends BlobReader {
  /** `registry/repository`, for messages. */
  readonly name: string
  /** Reads a manifest by tag or digest; rejects when there is none. */
  getManifest(tagOrDigest: string, options?: BlobOptions): Promise<RawManifest>
}

/** Options of {@link ArtifactTarget.putManifest}. */
export interface PutArtifactOptions extends BlobOptions {
  /** Also point this tag to the manifest. */
  readonly tag?: string | undefined
}

/** Stores artifacts in one repository. A `Repository` of `@sallyport/oci` is one. */
export interface ArtifactTarget extends BlobStore {
  /** `registry/repository`, for messages. */
  readonly name: string
  /** Stores a manifest whose blobs are there. */
  putManifest(manifest: RawManifest, options?: PutArtifactOptions): Promise<void>
}
