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
  /**
   * What the tag must point to for it to be moved, `absent` for no such tag. A registry that honours `If-Match` compares
   * and sets in one step; elsewhere the tag is read just before and after it is written, which leaves a gap. A tag that
   * is at the manifest already is a success.
   */
  readonly expected?: Digest | 'absent' | undefined
  /**
   * `false`: don't stay to see whether the tag, or the list of referrers under a fallback tag, stands as it was written;
   * the caller looks later. Whether a registry makes that needless by honouring conditions is found out by the way. Default
   * `true`.
   */
  readonly settle?: boolean | undefined
}

/** Where a referrer was listed. */
export type ReferrerMechanism = 'referrers-api' | 'fallback-tag' | 'layout-index'

/** A manifest whose own `subject` is the digest that was asked about. */
export interface DiscoveredReferrer {
  /** Media type, artifact type and annotations are those of the manifest itself, whatever the lists say. */
  readonly descriptor: Descriptor
  /** Every place that listed it. */
  readonly mechanisms: readonly ReferrerMechanism[]
}

/** Evidence that cosign keeps under a tag made from the subject's digest. It names no subject by itself. */
export interface CosignTag {
  /** `sha256-<hex>.sig`, `.att` or `.sbom`. */
  readonly tag: string
  /** Signature, attestation or SBOM, by the end of the tag. */
  readonly kind: 'sig' | 'att' | 'sbom'
  /** What the tag leads to, as the registry says; read it to be sure. */
  readonly descriptor: Descriptor
}

/** An entry of a list that is no referrer of the subject. */
export interface RejectedReferrer {
  /** The entry. */
  readonly digest: Digest
  /** The list that has it. */
  readonly mechanism: ReferrerMechanism
  /** What is wrong with it, as its own manifest shows. */
  readonly reason: 'missing' | 'unreadable' | 'names-no-subject' | 'names-another-subject' | 'is-the-subject'
}

/** What {@link Repository.discoverReferrers} found, and how. */
export interface ReferrerDiscovery {
  /** The digest that was asked about. */
  readonly subject: Digest
  /** Manifests that name the subject themselves. */
  readonly referrers: readonly DiscoveredReferrer[]
  /** Tags that cosign would look at; what they lead to is not verified here. */
  readonly cosignTags: readonly CosignTag[]
  /** Entries of lists that are no referrers of the subject. */
  readonly rejected: readonly RejectedReferrer[]
  /**
   * `listed`: the API answered with an index; `missing`: 404 or the like; `unusable`: an answer that is no index;
   * `denied`: 401 or 403, although the repository can be read. Old registries say that of an API they don't have, new ones
   * may hide referrers behind it: then there may be more than what was found.
   */
  readonly referrersApi: 'listed' | 'missing' | 'unusable' | 'denied'
  /** `index`: a list of referrers; `missing`: no such tag; `foreign`: something else stands there, e.g. the image itself. */
  readonly fallbackTag: 'index' | 'missing' | 'foreign'
}

/** An entry of a list of referrers as it stands there. Anybody may have written it: it can save work but prove nothing. */
export interface ListedReferrer {
  /** Digest of the referrer. */
  readonly digest: Digest
  /** Length of the referrer in bytes. */
  readonly size?: number | undefined
  /** What the referrer is. */
  readonly artifactType?: string | undefined
  /** Its notes. */
  readonly annotations?: Readonly<Record<string, string>> | undefined
  /** The list that has it; the referrers API where several do. */
  readonly mechanism: ReferrerMechanism
}

/** Options of {@link Repository.listReferrerEntries}; what keeps no such lists does not look at them. */
export interface ListReferrerEntriesOptions extends BlobOptions {
  /** Gives what stands under the fallback tag, for who knows that already. Default: it is read. */
  readonly findFallback?: ((signal?: AbortSignal) => Promise<RawManifest | undefined>) | undefined
  /** Does not ask the referrers API, for who was told before that there is none (`missing`). Default `false`. */
  readonly skipApi?: boolean | undefined
}

/** What {@link Repository.listReferrerEntries} found. */
export interface ReferrerListing extends Pick<ReferrerDiscovery, 'subject' | 'referrersApi'> {
  /** Each digest once, in the order of the lists. */
  readonly entries: readonly ListedReferrer[]
  /** `false` when there are more entries than these 10,000, or the list does not end. */
  readonly complete: boolean
}

/** Options of {@link Repository.findManifest}. */
export interface FindManifestOptions extends BlobOptions {
  /** Most bytes to read. Default, and at most, 8 MiB. */
  readonly maxBytes?: number | undefined
}

/**
 * One repository of a registry, or an OCI layout folder or archive: manifests, blobs, tags and referrers.
 * Everything read is verified against its digest; what a server claims is never proof.
 *
 * Each method may reject with `UNAUTHORIZED`, `DENIED`, `CREDENTIALS_UNREADABLE`, `RATE_LIMITED`, `REGISTRY_UNREACHABLE`
 * or `REGISTRY_ERROR` over a registry, with `LAYOUT_INVALID`, `LAYOUT_UNREADABLE` or `LAYOUT_UNWRITABLE` over files, and
 * with `signal.reason` when aborted; named below is what comes on top. `open` rejects with `BLOB_NOT_FOUND`,
 * `DIGEST_MISMATCH` or `SIZE_MISMATCH`; `write` with the latter two.
 */
export interface Repository extends BlobStore {
  /** `registry/repository`, or the layout's location; for messages and for `docker-reference`. */
  readonly name: string
  /**
   * Reads a manifest or index by tag or digest (OCI distribution specification, "Pulling manifests"). By tag, the digest
   * is computed from the bytes.
   *
   * @throws {OciError} `MANIFEST_NOT_FOUND` when there is none.
   * @throws {OciError} `DIGEST_MISMATCH` when the bytes have another digest than was asked for.
   * @throws {OciError} `LIMIT_EXCEEDED` above 8 MiB.
   * @throws {OciError} `MANIFEST_UNSUPPORTED` for Docker schema 1.
   * @throws {OciError} `MANIFEST_INVALID` when it is no JSON object or contradicts its media type.
   * @throws {OciError} `REFERENCE_INVALID` when the text is no tag or digest.
   */
  getManifest(tagOrDigest: string, options?: BlobOptions): Promise<RawManifest>
  /** Like {@link getManifest}, but `undefined` when there is none. Other failures still reject. */
  findManifest(tagOrDigest: string, options?: FindManifestOptions): Promise<RawManifest | undefined>
  /**
   * What the registry says of a manifest, in a small request: the descriptor it claims, or `undefined` when it claims that
   * there is none. Nothing of it is verified (some registries answer 404 here and yet have the manifest), so it can
   * save work but prove nothing. Without a `Docker-Content-Digest` the manifest is read instead.
   */
  headManifest(tagOrDigest: string, options?: BlobOptions): Promise<Descriptor | undefined>
  /**
   * Stores a manifest by digest, or under a tag; one with a sha512 digest by that digest in either case. A manifest with
   * a `subject` becomes a referrer of it: where the registry has no referrers API the fallback tag's index is updated
   * (OCI distribution specification, "Pushing Manifests with Subject"). Aborted, the manifest may be stored, and the
   * index may come to list it.
   *
   * @throws {OciError} `TAG_CONFLICT` when the tag is not where it is `expected`, or it or the fallback tag can't be
   *   moved: immutable, contended, or held by something else. By digest the manifest may be stored then.
   * @throws {OciError} `LIMIT_EXCEEDED` above 4 MiB, which registries need not take.
   * @throws {OciError} `READ_ONLY` for an archive that is read.
   */
  putManifest(manifest: RawManifest, options?: PutManifestOptions): Promise<void>
  /**
   * The verified referrers of a digest: union of the referrers API and the fallback tag, each manifest fetched and
   * its `subject` compared; entries that are not really referrers are left out (OCI distribution specification, "Listing
   * Referrers").
   *
   * @throws {OciError} `LIMIT_EXCEEDED` when more than 10,000 are listed, or the list does not end.
   */
  listReferrers(subject: Digest, options?: ListReferrersOptions): Promise<readonly Descriptor[]>
  /** Like {@link listReferrers} without a filter, with cosign's tags, and with how each was found or why it was left out. */
  discoverReferrers(subject: Digest, options?: BlobOptions): Promise<ReferrerDiscovery>
  /**
   * What the lists of referrers (referrers API and fallback tag) say, without a look at the manifests: for readers that
   * choose what to read, read each manifest themselves, and compare its `subject`. However long the lists are, it is a
   * few requests and no error.
   */
  listReferrerEntries(subject: Digest, options?: ListReferrerEntriesOptions): Promise<ReferrerListing>
  /**
   * All tags, each once, in the order of the registry (OCI distribution specification, "Listing Tags"). Pages are followed
   * as they come, short and unsorted ones too.
   *
   * @throws {OciError} `LIMIT_EXCEEDED` while reading, when the list does not end.
   */
  listTags(options?: BlobOptions): AsyncIterable<string>
}
