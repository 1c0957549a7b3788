import {
  type BlobOptions,
  type Descriptor,
  type Digest,
  isIndexMediaType,
  type RawManifest,
  type Reference,
} from '@sallyport/core'
import { verifyChunks } from '../blob/verified-content.ts'
import { OciError } from '../errors.ts'
import { checkManifest } from '../layout/check-manifest.ts'
import { childrenToUnlist } from '../layout/children-to-unlist.ts'
import { emptyIndexText } from '../layout/layout-documents.ts'
import { addEntry, findTag, parseLayoutIndex } from '../layout/layout-index.ts'
import { parseIndex, parseManifest } from '../manifest/parse-manifest.ts'
import type { Repository } from '../ports/repository.ts'
import { formatArchiveDocuments, indexForDocker } from './archive-documents.ts'
import { blobName } from './docker-manifest.ts'
import { encodeTarFile, encodeTarHeader, tarEnd, tarPadding } from './encode-tar-header.ts'
import { invalidArchive } from './index-tar.ts'

/** An image, index or referrer for {@link streamArchive}. */
export interface ArchiveImage {
  /** The image, index or referrer, as the source has it. */
  readonly descriptor: Descriptor
  /** Tag it gets in the archive. Default: none. */
  readonly tag?: string | undefined
}

/** Options of {@link streamArchive}. */
export interface StreamArchiveOptions extends BlobOptions {
  /** As in `createArchive`: make the tar an archive for `docker load` too, under this name. */
  readonly docker?: Pick<Reference, 'registry' | 'repository'> | undefined
}

/** An index may hold indexes, but no image needs more floors than this. */
const maxDepth = 4
const maxManifests = 2000

/**
 * Images as an OCI layout in a tar, as a stream: nothing is written to a disk, and nothing but manifests is held in
 * memory. The same images make the same bytes. Referrers go in when they are named among the images. A stream that
 * ends with an error has no end mark and no `index.json`: no tool takes it for an archive.
 *
 * @throws {OciError} what reading the source throws.
 * @throws {OciError} `MANIFEST_UNSUPPORTED` when Docker could not load an image, see `createArchive`.
 * @throws {OciError} `TAG_CONFLICT` when two images have the same tag.
 * @throws {OciError} `LIMIT_EXCEEDED` when indexes nest deeper than 4 or list more than 2,000 manifests.
 */
export async function* streamArchive(
  source: Pick<Repository, 'name' | 'getManifest' | 'open'>,
  images: readonly ArchiveImage[],
  { docker, signal }: StreamArchiveOptions = {},
): AsyncGenerator<Uint8Array, void, undefined> {
  const { name } = source
  const manifests = new Map<Digest, RawManifest>()
  const blobs = new Map<Digest, Descriptor>()

  async function visit(digest: Digest, depth: number): Promise<RawManifest> {
    const known = manifests.get(digest)
    if (known !== undefined) return known
    if (depth > maxDepth || manifests.size >= maxManifests) {
      throw new OciError(
        'LIMIT_EXCEEDED',
        `${name}@${digest}: too many manifests, or too many within each other`,
        {
          reference: name,
        },
      )
    }
    const manifest = await source.getManifest(digest, { signal })
    manifests.set(digest, manifest)
    if (isIndexMediaType(manifest.descriptor.mediaType)) {
      for (const child of parseIndex(manifest).manifests) await visit(child.digest, depth + 1)
    } else {
      const { config, layers } = parseManifest(manifest)
      for (const blob of [config, ...layers]) if (!blobs.has(blob.digest)) blobs.set(blob.digest, blob)
    }
    return manifest
  }

  let index = parseLayoutIndex(emptyIndexText, (reason) => invalidArchive(name, reason))
  for (const { descriptor, tag } of images) {
    const manifest = await visit(descriptor.digest, 0)
    const entry = checkManifest(name, manifest, tag)
    if (docker !== undefined && tag !== undefined && isIndexMediaType(entry.mediaType)) {
      throw indexForDocker(entry.digest)
    }
    const standing = tag === undefined ? undefined : findTag(index, tag, name)
    if (standing !== undefined && standing.digest !== entry.digest) {
      throw new OciError('TAG_CONFLICT', `${name}: two images have the tag ${tag}`, { reference: name })
    }
    const children = await childrenToUnlist(manifest, async (digest) => visit(digest as Digest, 0), signal)
    index = addEntry(index, entry, tag, new Set(children.map(({ digest }) => digest)))
  }
  // What can't be an archive for Docker is found out before the first byte.
  const documents = await formatArchiveDocuments({
    name,
    index,
    docker,
    signal,
    getManifest: (digest) => visit(digest as Digest, 0),
    has: async () => true,
  })

  for (const blob of blobs.values()) {
    if (manifests.has(blob.digest)) continue
    yield encodeTarHeader(blobName(blob.digest), blob.size)
    yield* verifyChunks(blob, source.open(blob, { signal }))
    yield tarPadding(blob.size)
  }
  for (const { descriptor, bytes } of manifests.values())
    yield encodeTarFile(blobName(descriptor.digest), bytes)
  for (const document of documents) yield encodeTarFile(document.name, document.bytes)
  yield tarEnd
}
