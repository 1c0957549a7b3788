import {
  type BlobOptions,
  type Descriptor,
  type Digest,
  digestAlgorithm,
  type RawManifest,
} from '@sallyport/core'
import type { RequestCount } from '../http/request-counts.ts'
import type { PutManifestOptions, Repository } from '../ports/repository.ts'
import { describeReferrer } from '../referrers/verify-referrers.ts'
import type { RepositoryCapabilities } from './capabilities.schema.ts'
import { deleteBlob, deleteManifest, type DeleteOutcome, deleteTag } from './delete-content.ts'
import { discoverReferrers, isListedByApi, listReferrerEntries, listReferrers } from './list-referrers.ts'
import { hasBlob } from './has-blob.ts'
import { listTags, type ListTagsOptions } from './list-tags.ts'
import { probeCapabilities, type ProbeCapabilitiesOptions } from './probe-capabilities.ts'
import { putTaggedManifest, seenConditions } from './put-tagged-manifest.ts'
import { readBlob } from './read-blob.ts'
import type { RegistryContext } from './registry-context.ts'
import { fetchManifest, getManifest, headManifest, pushManifest } from './registry-manifests.ts'
import { changeFallbackList, fallbackListKey } from './update-fallback-list.ts'
import { type BlobOutcome, type RegistryBlobOptions, writeBlob } from './write-blob.ts'

/** A repository of a registry. */
export interface RegistryRepository extends Repository {
  /** Host with its port, as in a reference. */
  readonly registry: string
  /** Path within the registry. */
  readonly repository: string
  /** As that of {@link Repository}; it can also tell what it leaves out, and why a list is empty. */
  listTags(options?: ListTagsOptions): AsyncIterable<string>
  /** The requests made for this repository so far, by host and method: repetitions, redirects and sign-ins included. */
  requests(): readonly RequestCount[]
  /**
   * Stores a blob, and sends nothing when it is there (OCI distribution specification, "Pushing blobs"). Digest and size
   * are checked while it streams; what is wrong is never stored. Content that can be started again, as that of `open` can,
   * is sent again after a failure; a generator is sent once. What the content throws is passed on.
   *
   * @throws {OciError} `DIGEST_MISMATCH`, `SIZE_MISMATCH` when the content is not that of `blob`.
   * @throws {RangeError} when `chunkBytes` is no whole number above 0.
   */
  write(blob: Descriptor, content: AsyncIterable<Uint8Array>, options?: RegistryBlobOptions): Promise<void>
  /** Like {@link write}, and tells whether anything had to be sent: `existing`, `mounted` or `uploaded`. */
  putBlob(
    blob: Descriptor,
    content: AsyncIterable<Uint8Array>,
    options?: RegistryBlobOptions,
  ): Promise<BlobOutcome>
  /**
   * Deletes a tag and leaves its manifest (OCI distribution specification, "Deleting tags"); `missing` when there is no
   * such tag.
   *
   * @throws {OciError} `UNSUPPORTED` where the registry deletes no tags; `TAG_CONFLICT` for an immutable one;
   *   `UNAUTHORIZED`, `DENIED`.
   */
  deleteTag(tag: string, options?: BlobOptions): Promise<DeleteOutcome>
  /**
   * Deletes a manifest with all its tags; a referrer is also taken out of its subject's fallback list, next to other
   * writers (OCI distribution specification, "Deleting Manifests"). The manifest's own referrers stay.
   *
   * @throws {OciError} `UNSUPPORTED` where the registry deletes no manifests; `UNAUTHORIZED`, `DENIED`; `TAG_CONFLICT`
   *   when the manifest is in use, or is gone but the list can't be written.
   */
  deleteManifest(digest: Digest, options?: BlobOptions): Promise<DeleteOutcome>
  /**
   * Deletes a blob, whether or not manifests use it (OCI distribution specification, "Deleting Blobs").
   *
   * @throws {OciError} `UNSUPPORTED` where the registry deletes no blobs; `UNAUTHORIZED`, `DENIED`.
   */
  deleteBlob(digest: Digest, options?: BlobOptions): Promise<DeleteOutcome>
  /**
   * Measures what the repository's registry really does. By default it writes two small blobs and three manifests, with
   * one tag of its own (`sallyport-probe-<random>`), and deletes what the registry lets it delete, also after an abort
   * (within ten seconds). What can't be measured, for want of permission or a connection, is `unknown`.
   */
  probeCapabilities(options?: ProbeCapabilitiesOptions): Promise<RepositoryCapabilities>
  /** What this client has seen so far of how writes fare next to those of others; asks nothing. */
  observed(): ObservedWrites
}

/** How a repository treats writes that come at the same time. */
export interface ObservedWrites {
  /** Whether it compares and sets tags in one step: it refused a condition that never holds, and took one that held. */
  readonly conditionalWrites: 'yes' | 'no' | 'unknown'
  /** Who kept the list of the last referrer: the registry, or this client under a fallback tag. */
  readonly referrersKeptBy: 'registry' | 'client' | 'unknown'
}

/** Whether a repository is one of a registry: it can mount blobs of other repositories there. */
export function isRegistryRepository(repository: Pick<Repository, 'name'>): repository is RegistryRepository {
  return typeof (repository as Partial<RegistryRepository>).putBlob === 'function'
}

/** The operations of a repository over one registry. */
export function createRegistryRepository(context: RegistryContext): RegistryRepository {
  return {
    name: context.name,
    registry: context.registry,
    repository: context.repository,
    requests: () => context.counts.list(),
    getManifest: (tagOrDigest, options) => getManifest(context, tagOrDigest, options),
    findManifest: async (tagOrDigest, options) => (await fetchManifest(context, tagOrDigest, options))?.raw,
    headManifest: (tagOrDigest, options) => headManifest(context, tagOrDigest, options),
    async putManifest(manifest, { tag, expected, settle, signal } = {}) {
      const { subject, descriptor } = describeReferrer(manifest)
      if (tag !== undefined && digestAlgorithm(manifest.descriptor.digest) !== 'sha256') {
        // Of what comes under a tag, registries know the sha256 digest alone.
        await storeByDigest(context, manifest, signal)
      }
      if (subject === undefined) {
        if (tag === undefined) await storeByDigest(context, manifest, signal)
        else await putTaggedManifest(context, manifest, tag, { expected, settle, signal })
        return
      }
      await putReferrer(context, manifest, subject.digest, descriptor, { tag, expected, settle, signal })
    },
    listReferrers: (subject, options) => listReferrers(context, subject, options),
    discoverReferrers: (subject, options) => discoverReferrers(context, subject, options),
    listReferrerEntries: (subject, options) => listReferrerEntries(context, subject, options),
    listTags: (options) => listTags(context, options),
    open: (blob, options) => readBlob(context, blob, options),
    has: (blob, { signal } = {}) => hasBlob(context, blob, 'pull', signal),
    async write(blob, content, options) {
      await writeBlob(context, blob, content, options)
    },
    putBlob: (blob, content, options) => writeBlob(context, blob, content, options),
    deleteTag: (tag, options) => deleteTag(context, tag, options),
    deleteManifest: (digest, options) => deleteManifest(context, digest, options),
    deleteBlob: (digest, options) => deleteBlob(context, digest, options),
    probeCapabilities: (options) => probeCapabilities(context, options),
    observed: () => ({
      conditionalWrites: seenConditions(context),
      referrersKeptBy: context.fallbackLists.keepers.get(context.name) ?? 'unknown',
    }),
  }
}

/** Stores a manifest with a subject, and lists it where the registry does not do so itself. */
async function putReferrer(
  context: RegistryContext,
  manifest: RawManifest,
  subject: Digest,
  entry: Descriptor,
  options: PutManifestOptions,
): Promise<void> {
  const { settle, signal } = options
  const arrived = context.fallbackLists.announce(fallbackListKey(context, subject))
  let listed: Promise<void> | undefined
  try {
    const { ignoresSubjects } = context.fallbackLists
    const put = async (): Promise<boolean> => {
      const acknowledged = await store(context, manifest, options)
      if (acknowledged) ignoresSubjects.delete(context.name)
      else ignoresSubjects.add(context.name)
      if (!acknowledged) return false
      // Who looks later need not look now, but for once: registries have acknowledged subjects and kept no list.
      if (settle === false && context.fallbackLists.keepers.get(context.name) === 'registry') return true
      return isListedByApi(context, subject, entry.digest, signal)
    }
    // One at a time for each subject: some registries lose an entry of their own list when two arrive together.
    const turn = await context.locks.run(
      `${context.name}@${subject}`,
      async () => (ignoresSubjects.has(context.name) ? 'needless' : put()),
      signal,
    )
    const known = turn === 'needless' ? await put() : turn
    context.fallbackLists.keepers.set(context.name, known ? 'registry' : 'client')
    if (!known) listed = changeFallbackList(context, subject, { type: 'add', entry, settle }, signal)
  } finally {
    arrived()
  }
  await listed
}

/** Stores a manifest with a subject; tells whether the registry says that it knows the subject. */
async function store(
  context: RegistryContext,
  manifest: RawManifest,
  { tag, expected, settle, signal }: PutManifestOptions,
): Promise<boolean> {
  if (tag !== undefined) {
    const { subjectAcknowledged } = await putTaggedManifest(context, manifest, tag, {
      expected,
      settle,
      signal,
    })
    if (subjectAcknowledged !== undefined) return subjectAcknowledged
  }
  return storeByDigest(context, manifest, signal)
}

async function storeByDigest(
  context: RegistryContext,
  manifest: RawManifest,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const outcome = await pushManifest(context, manifest, { signal })
  if (outcome.type === 'stored') return outcome.subjectAcknowledged
  throw outcome.error
}
