import {
  type BlobOptions,
  type BlobReadOptions,
  type Descriptor,
  type Digest,
  isDigest,
  isIndexMediaType,
  isManifestMediaType,
  type RawManifest,
} from '@sallyport/core'
import { verifiedContent } from '../blob/verified-content.ts'
import { OciError } from '../errors.ts'
import { maxManifestBytes, toRawManifest } from '../manifest/raw-manifest.ts'
import type {
  FindManifestOptions,
  ListReferrersOptions,
  ReferrerDiscovery,
  ReferrerListing,
  Repository,
} from '../ports/repository.ts'
import { isTag } from '../reference/parse-reference.ts'
import { findCosignTags } from '../referrers/cosign-tags.ts'
import { isFallbackIndex } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { describeReferrer, listedDigests, verifyReferrers } from '../referrers/verify-referrers.ts'
import { createListedManifests } from './listed-manifests.ts'
import { findTag, type LayoutIndex, tagsOf } from './layout-index.ts'

/** Content in the form of a layout, wherever it lies: in a folder, in a tar, or made up from an archive of docker. */
export interface LayoutContent {
  readonly name: string
  readIndex(): Promise<LayoutIndex>
  /** Size of a blob in bytes, or `undefined` when it isn't there. */
  statBlob(digest: Digest): Promise<number | undefined>
  /** The blob's bytes, unverified. */
  readBlob(digest: Digest, offset: number, signal: AbortSignal | undefined): AsyncIterable<Uint8Array>
}

/** The part of a repository that reads. */
export type LayoutReader = Omit<Repository, 'putManifest' | 'write'> & {
  /** What `index.json` lists, tags as `org.opencontainers.image.ref.name` annotations. */
  listEntries(options?: BlobOptions): Promise<readonly Descriptor[]>
}

/** Reads content as a repository. */
export function createLayoutReader(content: LayoutContent): LayoutReader {
  const { name } = content

  const find = async (
    tagOrDigest: string,
    { maxBytes = maxManifestBytes, signal }: FindManifestOptions = {},
  ): Promise<RawManifest | undefined> => {
    signal?.throwIfAborted()
    if (!isDigest(tagOrDigest) && !isTag(tagOrDigest)) {
      throw new OciError('REFERENCE_INVALID', `${name}: neither a tag nor a digest`, { reference: name })
    }
    const index = await content.readIndex()
    const entry = isDigest(tagOrDigest)
      ? index.entries.find(({ descriptor }) => descriptor.digest === tagOrDigest)?.descriptor
      : findTag(index, tagOrDigest, name)
    const digest = isDigest(tagOrDigest) ? tagOrDigest : entry?.digest
    if (digest === undefined) return undefined
    const mediaType = entry?.mediaType
    return readManifest(content, digest, {
      mediaType,
      maxBytes: Math.min(maxBytes, maxManifestBytes),
      signal,
    })
  }
  const get = async (tagOrDigest: string, options?: BlobOptions): Promise<RawManifest> => {
    const found = await find(tagOrDigest, options)
    if (found !== undefined) return found
    throw new OciError('MANIFEST_NOT_FOUND', `${name}: there is no manifest ${tagOrDigest}`, {
      reference: name,
    })
  }
  const listed = createListedManifests({ readIndex: content.readIndex, findManifest: find })
  const discover = (subject: Digest, { signal }: BlobOptions = {}): Promise<ReferrerDiscovery> =>
    discoverReferrers(content, subject, (digest) => get(digest, { signal }), signal)

  return {
    name,
    getManifest: get,
    findManifest: find,
    async headManifest(tagOrDigest, options) {
      const found = await find(tagOrDigest, options)
      if (found === undefined || !isDigest(tagOrDigest)) return found?.descriptor
      return (await listed.has(tagOrDigest, options)) ? found.descriptor : undefined
    },
    async listReferrers(subject, { artifactType, signal }: ListReferrersOptions = {}) {
      const { referrers } = await discover(subject, { signal })
      return referrers
        .map(({ descriptor }) => descriptor)
        .filter((descriptor) => artifactType === undefined || descriptor.artifactType === artifactType)
    },
    discoverReferrers: discover,
    listReferrerEntries: async (subject, options) => toListing(await discover(subject, options)),
    async *listTags({ signal } = {}) {
      signal?.throwIfAborted()
      yield* tagsOf(await content.readIndex())
    },
    async listEntries({ signal } = {}) {
      signal?.throwIfAborted()
      return (await content.readIndex()).entries.map(({ descriptor }) => descriptor)
    },
    open(blob, { offset = 0, signal }: BlobReadOptions = {}) {
      const start = (): AsyncIterable<Uint8Array> => content.readBlob(blob.digest, offset, signal)
      return offset > 0 ? start() : verifiedContent(blob, start)
    },
    async has(blob, { signal } = {}) {
      signal?.throwIfAborted()
      return (await content.statBlob(blob.digest)) === blob.size
    },
  }
}

async function readManifest(
  content: LayoutContent,
  digest: Digest,
  {
    mediaType,
    maxBytes,
    signal,
  }: {
    readonly mediaType: string | undefined
    readonly maxBytes: number
    readonly signal: AbortSignal | undefined
  },
): Promise<RawManifest | undefined> {
  const size = await content.statBlob(digest)
  if (size === undefined) return undefined
  if (size > maxBytes) {
    throw new OciError('LIMIT_EXCEEDED', `manifest ${digest}: ${size} > ${maxBytes} bytes`, {
      reference: content.name,
    })
  }
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of content.readBlob(digest, 0, signal)) {
    bytes += chunk.byteLength
    if (bytes > size) throw new OciError('DIGEST_MISMATCH', `manifest ${digest} grows`, { reference: digest })
    chunks.push(chunk)
  }
  return toRawManifest(Buffer.concat(chunks), { digest, mediaType })
}

/** Referrers stand in `index.json` beside the images (oras, notation, we), or under the fallback tag (regclient). */
async function discoverReferrers(
  content: LayoutContent,
  subject: Digest,
  get: (digest: Digest) => Promise<RawManifest>,
  signal: AbortSignal | undefined,
): Promise<ReferrerDiscovery> {
  const index = await content.readIndex()
  const tagged = findTag(index, fallbackTag(subject), content.name)
  const fallback = tagged === undefined ? undefined : await get(tagged.digest)
  const fromTag =
    fallback !== undefined && isFallbackIndex(fallback, subject) ? listedDigests(fallback.bytes) : undefined
  const fromIndex: Digest[] = []
  for (const { descriptor } of index.entries) {
    if (await mayRefer(descriptor, subject, get, signal)) fromIndex.push(descriptor.digest)
  }
  const { referrers, rejected } = await verifyReferrers(
    subject,
    [
      ...fromIndex.map((digest) => ({ digest, mechanism: 'layout-index' as const })),
      ...(fromTag ?? []).map((digest) => ({ digest, mechanism: 'fallback-tag' as const })),
    ],
    get,
    signal,
  )
  return {
    subject,
    referrers,
    rejected,
    cosignTags: await findCosignTags(subject, async (tag) => findTag(index, tag, content.name)),
    referrersApi: 'missing',
    fallbackTag: fallback === undefined ? 'missing' : fromTag === undefined ? 'foreign' : 'index',
  }
}

/** Files are read quickly: the manifests were looked at, so that index.json does not count as a list of referrers. */
function toListing({ subject, referrers, referrersApi }: ReferrerDiscovery): ReferrerListing {
  const entries = referrers.map(({ descriptor, mechanisms: [mechanism = 'layout-index'] }) => ({
    digest: descriptor.digest,
    size: descriptor.size,
    ...(descriptor.artifactType === undefined ? {} : { artifactType: descriptor.artifactType }),
    ...(descriptor.annotations === undefined ? {} : { annotations: descriptor.annotations }),
    mechanism,
  }))
  return { subject, entries, complete: true, referrersApi }
}

/** index.json lists everything: what it lists for other reasons was never claimed to be a referrer. */
async function mayRefer(
  { digest, mediaType }: Descriptor,
  subject: Digest,
  get: (digest: Digest) => Promise<RawManifest>,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  signal?.throwIfAborted()
  if (digest === subject || !(isManifestMediaType(mediaType) || isIndexMediaType(mediaType))) return false
  try {
    return describeReferrer(await get(digest)).subject?.digest === subject
  } catch (error) {
    if (error instanceof OciError && unreadable.has(error.code)) return false
    throw error
  }
}

const unreadable: ReadonlySet<string> = new Set([
  'MANIFEST_NOT_FOUND',
  'MANIFEST_INVALID',
  'MANIFEST_UNSUPPORTED',
])
