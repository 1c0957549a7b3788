import type { Digest, RawManifest } from '@sallyport/core'

/** A manifest as a registry lists it. Nothing of it is proof: what it says saves requests, and is verified when it matters. */
export interface ListedManifest {
  /** Digest of the manifest. */
  readonly digest: Digest
  /** Tags that point to it; a listing by tags names it once for each tag. */
  readonly tags: readonly string[]
  /** Media type of the manifest; absent where the registry does not tell. */
  readonly mediaType?: string | undefined
  /** Artifact type of the manifest; absent where the registry does not tell. */
  readonly artifactType?: string | undefined
  /** Bytes of the image as the registry counts them. */
  readonly size?: number | undefined
  /** ISO 8601; absent where the registry does not tell. */
  readonly pushedAt?: string | undefined
  /** ISO 8601: the last pull; absent where the registry does not tell. */
  readonly pulledAt?: string | undefined
  /** The manifest, verified against its digest, where the listing has read it: it is not read again. */
  readonly raw?: RawManifest | undefined
}

/** Something that a registry lists but could not say the digest of. It is an `error` in the audit, never left out. */
export interface UnlistedTag {
  /** The tag, as the registry names it. */
  readonly tag: string
  /** Why there is no digest, for machines. */
  readonly code: string
  /** Why there is no digest, in one sentence. */
  readonly message: string
}

/** Options of the methods of {@link RegistryListing}. */
export interface ListingOptions {
  /** Ends the listing; it rejects with `signal.reason`. */
  readonly signal?: AbortSignal | undefined
  /** Tags of the repository that were listed before an interruption; a listing may leave them out. */
  readonly known?: ReadonlySet<string> | undefined
  /**
   * Nothing of the repository was seen before, so that each manifest will be read: a listing that would ask for the digest
   * of each tag may read what is there instead, and give it as `raw`. Default `false`.
   */
  readonly readsAll?: boolean | undefined
}

/** Lists what is in a registry, with as few requests as the registry allows. */
export interface RegistryListing {
  /** Host with its port, as in references. */
  readonly registry: string
  /** How it lists, for reports: `distribution`, `harbor`, … */
  readonly name: string
  /** Names what of the registry is listed, where that is not all: an audit goes on only with the same. */
  readonly scope?: string | undefined
  /**
   * What is listed of a repository: `tags` (manifests without a tag are found only as children and referrers), or
   * `manifests` (all of them).
   */
  readonly lists: 'tags' | 'manifests'
  /**
   * Whether no tag is left out that the distribution API would list. A registry's own interface may leave out what it takes
   * for something attached to an image, by a tag or a type that anybody can write, or what an account may not see: the audit
   * asks for the list of tags besides, and for the digest of what is missing. Default `false`.
   */
  readonly listsEveryTag?: boolean | undefined
  /**
   * Requests that listing so much takes, for an estimate before an audit starts: enough however the tags are spread over
   * the repositories, as long as each manifest has a tag and nothing has to be asked twice.
   */
  estimateRequests(counts: { readonly repositories: number; readonly tags: number }): number
  /** HTTP requests that it has taken so far, where they are not those of a registry client. */
  requests?(): number
  /** Paths of repositories (`team/app`), each once. */
  listRepositories(options?: ListingOptions): AsyncIterable<string>
  /** What is in a repository. The same digest may come several times, with other tags each time. */
  listManifests(repository: string, options?: ListingOptions): AsyncIterable<ListedManifest | UnlistedTag>
}
