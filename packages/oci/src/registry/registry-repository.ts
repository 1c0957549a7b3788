import type { Descriptor, RawManifest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import type { RequestCount } from '../http/request-counts.ts'
import type { Repository } from '../ports/repository.ts'
import { checkExpected } from '../manifest/check-expected.ts'
import { describeReferrer } from '../referrers/verify-referrers.ts'
import { attachByFallbackTag } from './attach-by-fallback-tag.ts'
import { discoverReferrers, isListedByApi, listReferrers } from './list-referrers.ts'
import { listTags } from './list-tags.ts'
import { readBlob } from './read-blob.ts'
import type { RegistryContext } from './registry-context.ts'
import { fetchManifest, getManifest, headManifest, pushManifest } from './registry-manifests.ts'
import { type BlobOutcome, hasBlob, type RegistryBlobOptions, writeBlob } from './write-blob.ts'

/** A repository of a registry. */
export interface RegistryRepository extends Repository {
  readonly registry: string
  readonly repository: string
  /** The requests made for this repository so far, by host and method: repetitions, redirects and sign-ins included. */
  requests(): readonly RequestCount[]
  write(blob: Descriptor, content: AsyncIterable<Uint8Array>, options?: RegistryBlobOptions): Promise<void>
  /** Like {@link write}, and tells whether anything had to be sent. */
  putBlob(
    blob: Descriptor,
    content: AsyncIterable<Uint8Array>,
    options?: RegistryBlobOptions,
  ): Promise<BlobOutcome>
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
    async putManifest(manifest, { tag, expected, signal } = {}) {
      const { subject, descriptor } = describeReferrer(manifest)
      if (tag !== undefined && expected !== undefined) {
        const current = await fetchManifest(context, tag, { signal })
        checkExpected(context.name, tag, current?.raw.descriptor.digest, expected)
      }
      if (subject === undefined) {
        await store(context, manifest, tag, signal)
        return
      }
      // One at a time for each subject: some registries lose an entry of their list when two arrive together.
      const known = await context.locks.run(`${context.name}@${subject.digest}`, async () => {
        const acknowledged = await store(context, manifest, tag, signal)
        return acknowledged && (await isListedByApi(context, subject.digest, descriptor.digest, signal))
      })
      if (!known) await attachByFallbackTag(context, subject.digest, descriptor, { signal })
    },
    listReferrers: (subject, options) => listReferrers(context, subject, options),
    discoverReferrers: (subject, options) => discoverReferrers(context, subject, options),
    listTags: (options) => listTags(context, options),
    open: (blob, options) => readBlob(context, blob, options),
    has: (blob, { signal } = {}) => hasBlob(context, blob, 'pull', signal),
    async write(blob, content, options) {
      await writeBlob(context, blob, content, options)
    },
    putBlob: (blob, content, options) => writeBlob(context, blob, content, options),
  }
}

/** Stores a manifest; tells whether the registry says that it knows the subject. */
async function store(
  context: RegistryContext,
  manifest: RawManifest,
  tag: string | undefined,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  const outcome = await pushManifest(context, manifest, tag, {}, signal)
  if (outcome.type === 'stored') return outcome.subjectAcknowledged
  throw new OciError(
    'TAG_CONFLICT',
    `${context.name}: the registry does not let ${tag ?? manifest.descriptor.digest} be written (status 412)`,
    { status: 412, reference: context.name },
  )
}
