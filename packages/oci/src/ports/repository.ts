import type { BlobOptions, BlobStore, Descriptor, Digest, RawManifest } from '@sallyport/core'

/** Options of {@link Repository.listReferrers}. */
export interface ListReferrersOptions extends BlobOptions {
  /** Only referrers of this artifact type. */
  readonly artifactType?: string | undefined
}

/** Options of {@link Repository.putManifest}. */
export interface PutManifestOptions extends BlobOptions {
  /** Also point this tag to the manifest. Without it the manifest is pushed by digest and no tag changes. */
  readonly tag?: string | undefined
}

/**
 * One repository of a registry, or an OCI layout folder: manifests, blobs, tags and referrers.
 * Everything read is verified against its digest; what a server claims is never proof.
 */
export interface Repository extends BlobStore {
  /** `registry/repository`, or the layout's location; for messages and for `docker-reference`. */
  readonly name: string
  /**
   * Reads a manifest or index by tag or digest. By tag, the digest is computed from the bytes.
   *
   * @throws {OciError} `MANIFEST_NOT_FOUND`, `UNAUTHORIZED`, `DIGEST_MISMATCH`, `LIMIT_EXCEEDED`.
   */
  getManifest(tagOrDigest: string, options?: BlobOptions): Promise<RawManifest>
  /** Like {@link getManifest}, but `undefined` when there is none. Other failures still reject. */
  findManifest(tagOrDigest: string, options?: BlobOptions): Promise<RawManifest | undefined>
  /**
   * Stores a manifest by digest, or under a tag. A manifest with a `subject` becomes a referrer of it: where the
   * registry has no referrers API the fallback tag's index is updated (OCI distribution specification,
   * "Pushing Manifests with Subject").
   */
  putManifest(manifest: RawManifest, options?: PutManifestOptions): Promise<void>
  /**
   * The verified referrers of a digest: union of the referrers API and the fallback tag, each manifest fetched and
   * its `subject` compared; entries that are not really referrers are left out.
   */
  listReferrers(subject: Digest, options?: ListReferrersOptions): Promise<readonly Descriptor[]>
  listTags(options?: BlobOptions): AsyncIterable<string>
}
