import { type BlobReader, isIndexMediaType, type RawManifest } from '@sallyport/core'
import {
  copyImage,
  type CopySource,
  OciError,
  parseIndex,
  parseManifest,
  type Repository,
} from '@sallyport/oci'

/** An image with the blobs that it names. */
export interface ImageContent {
  readonly raw: RawManifest
  readonly blobs: BlobReader
}

/** Options of {@link pushContent}. */
export interface PushContentOptions {
  readonly signal?: AbortSignal | undefined
}

/** What a push wrote. */
export interface PushResult {
  readonly blobs: number
  readonly manifests: number
}

/**
 * Pushes `root`, an image or the index of all `images`, by digest: blobs first, then manifests, the index last. No tag
 * is touched. What the target has already is left alone, so that an interrupted push goes on where it stopped.
 */
export async function pushContent(
  target: Repository,
  images: readonly ImageContent[],
  root: RawManifest,
  { signal }: PushContentOptions = {},
): Promise<PushResult> {
  const source = sourceOf(images, root)
  // Before anything is sent: an index may not name what was not judged.
  if (isIndexMediaType(root.descriptor.mediaType)) {
    for (const { digest } of parseIndex(root).manifests) await source.getManifest(digest)
  }
  let manifests = 0
  const { blobsCopied, blobsMounted } = await copyImage(source, target, root.descriptor, {
    signal,
    onProgress: ({ type }) => {
      if (type === 'manifest-copied') manifests++
    },
  })
  return { blobs: blobsCopied + blobsMounted, manifests }
}

/** The images as something to copy from; each blob is read where its image has it. */
function sourceOf(images: readonly ImageContent[], root: RawManifest): CopySource {
  const manifests = new Map(
    [...images.map(({ raw }) => raw), root].map((raw) => [raw.descriptor.digest as string, raw]),
  )
  const readers = new Map<string, BlobReader>()
  for (const { raw, blobs } of images) {
    const { config, layers } = parseManifest(raw)
    for (const { digest } of [config, ...layers]) readers.set(digest, blobs)
  }
  return {
    name: 'the judged images',
    async getManifest(digest) {
      const found = manifests.get(digest)
      if (!found) throw new OciError('MANIFEST_NOT_FOUND', `${digest} was not judged`, { reference: digest })
      return found
    },
    open(blob, options) {
      const reader = readers.get(blob.digest)
      if (!reader)
        throw new OciError('BLOB_NOT_FOUND', `${blob.digest} is of no judged image`, {
          reference: blob.digest,
        })
      return reader.open(blob, options)
    },
  }
}
