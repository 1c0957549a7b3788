import { resolve } from 'node:path'
import {
  type BlobOptions,
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestOf,
  isDigest,
  isIndexMediaType,
  isManifestMediaType,
  type RawManifest,
} from '@sallyport/core'
import { giveUpContent, verifiedContent, verifyChunks } from '../blob/verified-content.ts'
import { OciError } from '../errors.ts'
import { createKeyedMutex } from '../internal/keyed-mutex.ts'
import { decodeManifest, maxManifestBytes, toRawManifest } from '../manifest/raw-manifest.ts'
import type { ReferrerDiscovery, Repository } from '../ports/repository.ts'
import { checkExpected } from '../manifest/check-expected.ts'
import { isTag } from '../reference/parse-reference.ts'
import { findCosignTags } from '../referrers/cosign-tags.ts'
import { isFallbackIndex } from '../referrers/fallback-index.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import { describeReferrer, listedDigests, verifyReferrers } from '../referrers/verify-referrers.ts'
import { childrenToUnlist } from './children-to-unlist.ts'
import {
  checkLayoutFile,
  createLayoutFiles,
  readBlobFile,
  readIndexFile,
  statBlob,
  writeBlobFile,
  writeIndexFile,
} from './layout-files.ts'
import {
  addEntry,
  findTag,
  formatLayoutIndex,
  type LayoutIndex,
  parseLayoutIndex,
  tagOf,
} from './layout-index.ts'

/** Options of {@link openLayout}. */
export interface OpenLayoutOptions extends BlobOptions {
  /** Make an empty layout when the folder is none yet. Default `false`. */
  readonly create?: boolean | undefined
}

/** A repository in a folder. */
export interface LayoutRepository extends Repository {
  /** Absolute path of the folder. */
  readonly directory: string
  /** What `index.json` lists, tags as `org.opencontainers.image.ref.name` annotations. */
  listEntries(options?: BlobOptions): Promise<readonly Descriptor[]>
}

/**
 * Opens a folder in the form of the OCI image layout (OCI image specification, image-layout.md). Blobs are written
 * beside their place, verified, and then renamed; `index.json` likewise. Several layouts over one folder in one process
 * are safe only one after the other.
 *
 * @throws {OciError} `LAYOUT_INVALID` when the folder is no layout.
 */
export async function openLayout(
  directory: string,
  { create = false, signal }: OpenLayoutOptions = {},
): Promise<LayoutRepository> {
  signal?.throwIfAborted()
  const root = resolve(directory)
  if (create) await createLayoutFiles(root)
  await checkLayoutFile(root)
  await readIndex(root)
  const locks = createKeyedMutex()

  const find = async (
    tagOrDigest: string,
    inner: AbortSignal | undefined,
  ): Promise<RawManifest | undefined> => {
    inner?.throwIfAborted()
    if (!isDigest(tagOrDigest) && !isTag(tagOrDigest)) {
      throw new OciError('REFERENCE_INVALID', `${root}: neither a tag nor a digest`, { reference: root })
    }
    const index = await readIndex(root)
    const entry = isDigest(tagOrDigest)
      ? index.entries.find(({ descriptor }) => descriptor.digest === tagOrDigest)?.descriptor
      : findTag(index, tagOrDigest, root)
    const digest = isDigest(tagOrDigest) ? tagOrDigest : entry?.digest
    return digest === undefined ? undefined : readManifest(root, digest, entry?.mediaType, inner)
  }
  const get = async (tagOrDigest: string, inner: AbortSignal | undefined): Promise<RawManifest> => {
    const found = await find(tagOrDigest, inner)
    if (found !== undefined) return found
    throw new OciError('MANIFEST_NOT_FOUND', `${root}: there is no manifest ${tagOrDigest}`, {
      reference: root,
    })
  }

  return {
    name: root,
    directory: root,
    getManifest: (tagOrDigest, options) => get(tagOrDigest, options?.signal),
    findManifest: (tagOrDigest, options) => find(tagOrDigest, options?.signal),
    async putManifest(manifest, { tag, expected, signal: inner } = {}) {
      const entry = checkManifest(root, manifest, tag)
      await writeBlobFile(root, manifest.descriptor.digest, only(manifest.bytes), inner)
      const children = await childrenToUnlist(
        manifest,
        (digest, { signal: own } = {}) => find(digest, own),
        inner,
      )
      await locks.run('index', async () => {
        const index = await readIndex(root)
        if (tag !== undefined) checkExpected(root, tag, findTag(index, tag, root)?.digest, expected)
        const updated = addEntry(index, entry, tag, new Set(children.map(({ digest }) => digest)))
        await writeIndexFile(root, formatLayoutIndex(updated))
      })
    },
    async headManifest(tagOrDigest, options) {
      return (await find(tagOrDigest, options?.signal))?.descriptor
    },
    async listReferrers(subject, { artifactType, signal: inner } = {}) {
      const { referrers } = await discoverReferrers(root, subject, get, { signal: inner })
      return referrers
        .map(({ descriptor }) => descriptor)
        .filter((descriptor) => artifactType === undefined || descriptor.artifactType === artifactType)
    },
    discoverReferrers: (subject, options) => discoverReferrers(root, subject, get, options),
    async *listTags({ signal: inner } = {}) {
      inner?.throwIfAborted()
      const tags = (await readIndex(root)).entries.map(tagOf)
      for (const tag of new Set(tags)) if (tag !== undefined && isTag(tag)) yield tag
    },
    async listEntries({ signal: inner } = {}) {
      inner?.throwIfAborted()
      return (await readIndex(root)).entries.map(({ descriptor }) => descriptor)
    },
    open(blob, { offset = 0, signal: inner } = {}) {
      const start = (): AsyncIterable<Uint8Array> => readBlobFile(root, blob.digest, offset, inner)
      return offset > 0 ? start() : verifiedContent(blob, start)
    },
    has: (blob, { signal: inner } = {}) => hasBlob(root, blob, inner),
    async write(blob, content, { signal: inner } = {}) {
      if (await hasBlob(root, blob, inner)) return giveUpContent(content)
      await writeBlobFile(root, blob.digest, verifyChunks(blob, content), inner)
    },
  }
}

async function readIndex(root: string): Promise<LayoutIndex> {
  return parseLayoutIndex(await readIndexFile(root), root)
}

async function readManifest(
  root: string,
  digest: Digest,
  mediaType: string | undefined,
  signal: AbortSignal | undefined,
): Promise<RawManifest | undefined> {
  const stats = await statBlob(root, digest)
  if (stats === undefined) return undefined
  if (stats.size > maxManifestBytes) {
    throw new OciError('LIMIT_EXCEEDED', `manifest ${digest}: ${stats.size} > ${maxManifestBytes} bytes`, {
      reference: root,
    })
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of readBlobFile(root, digest, 0, signal)) chunks.push(chunk)
  return toRawManifest(Buffer.concat(chunks), { digest, mediaType })
}

/** The descriptor under which a manifest is listed. */
function checkManifest(root: string, manifest: RawManifest, tag: string | undefined): Descriptor {
  const { digest, size } = manifest.descriptor
  if (tag !== undefined && !isTag(tag)) {
    throw new OciError('REFERENCE_INVALID', `${root}: not a tag`, { reference: root })
  }
  if (manifest.bytes.byteLength !== size || digestOf(manifest.bytes, digestAlgorithm(digest)) !== digest) {
    throw new OciError('DIGEST_MISMATCH', `the bytes are not those of manifest ${digest}`, {
      reference: root,
    })
  }
  decodeManifest(manifest)
  const { subject, descriptor } = describeReferrer(manifest)
  if (subject !== undefined) return descriptor
  const { mediaType, platform } = manifest.descriptor
  return { mediaType, digest, size, ...(platform === undefined ? {} : { platform }) }
}

async function hasBlob(root: string, blob: Descriptor, signal: AbortSignal | undefined): Promise<boolean> {
  signal?.throwIfAborted()
  const stats = await statBlob(root, blob.digest)
  return stats !== undefined && stats.size === blob.size
}

/** Referrers stand in `index.json` beside the images, or under the fallback tag. */
async function discoverReferrers(
  root: string,
  subject: Digest,
  get: (tagOrDigest: string, signal: AbortSignal | undefined) => Promise<RawManifest>,
  { signal }: BlobOptions = {},
): Promise<ReferrerDiscovery> {
  const index = await readIndex(root)
  const listed = index.entries.map(({ descriptor }) => descriptor)
  const manifests = listed.filter(
    ({ mediaType }) => isManifestMediaType(mediaType) || isIndexMediaType(mediaType),
  )
  const tagged = findTag(index, fallbackTag(subject), root)
  const fallback = tagged === undefined ? undefined : await get(tagged.digest, signal)
  const fromTag =
    fallback !== undefined && isFallbackIndex(fallback, subject) ? listedDigests(fallback.bytes) : undefined
  const { referrers, rejected } = await verifyReferrers(
    subject,
    [
      ...manifests.map(({ digest }) => ({ digest, mechanism: 'layout-index' as const })),
      ...(fromTag ?? []).map((digest) => ({ digest, mechanism: 'fallback-tag' as const })),
    ],
    get,
    signal,
  )
  return {
    subject,
    referrers,
    // index.json lists everything: what it lists for other reasons was never claimed to be a referrer.
    rejected: rejected.filter(({ mechanism }) => mechanism !== 'layout-index'),
    cosignTags: await findCosignTags(subject, async (tag) => findTag(index, tag, root)),
    referrersApi: 'missing',
    fallbackTag: fallback === undefined ? 'missing' : fromTag === undefined ? 'foreign' : 'index',
  }
}

async function* only(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, undefined> {
  yield bytes
}
