import { type BlobReader, type Descriptor, isIndexMediaType, type RawManifest } from '@sallyport/core'
import {
  copyImage,
  type CopySource,
  isRegistryRepository,
  OciError,
  parseIndex,
  parseManifest,
  type Repository,
} from '@sallyport/oci'
import type { UploadIndex } from '../batch/upload-index.ts'

/** An image with the blobs that it names. */
export interface ImageContent {
  /** The manifest. */
  readonly raw: RawManifest
  /** Reads its blobs. */
  readonly blobs: BlobReader
}

/** Options of {@link pushContent}. */
export interface PushContentOptions {
  /** Where the images come from, and their manifests there: what they name is linked within one registry, not sent. */
  readonly from?:
    | { readonly repository: Pick<Repository, 'name'>; readonly images: readonly RawManifest[] }
    | undefined
  /** Remembers what other promotions of a batch have sent to the same registry. */
  readonly uploads?: UploadIndex | undefined
  /** Ends the push; the promise rejects with `signal.reason`. Blobs that were written by then stay. */
  readonly signal?: AbortSignal | undefined
}

/** What a push wrote. */
export interface PushResult {
  /** How many blobs. */
  readonly blobs: number
  /** How many manifests. */
  readonly manifests: number
  /** Bytes of the blobs that were sent. */
  readonly bytes: number
}

/**
 * Pushes `root`, an image or the index of all `images`, by digest: blobs first, then manifests, the index last. No tag
 * is touched. What the target has already is left alone, so that an interrupted push goes on where it stopped.
 */
export async function pushContent(
  target: Repository,
  images: readonly ImageContent[],
  root: RawManifest,
  { from, uploads, signal }: PushContentOptions = {},
): Promise<PushResult> {
  const claims = uploads?.open()
  const source: CopySource = { ...sourceOf(images, root), mountFrom: chooseMount(from, claims) }
  // Before anything is sent: an index may not name what was not judged.
  if (isIndexMediaType(root.descriptor.mediaType)) {
    for (const { digest } of parseIndex(root).manifests) await source.getManifest(digest)
  }
  let manifests = 0
  try {
    const { blobsCopied, blobsMounted, bytesCopied } = await copyImage(source, target, root.descriptor, {
      signal,
      onProgress(event) {
        if (event.type === 'manifest-copied') manifests++
        if (/^blob-(copied|mounted|skipped)$/.test(event.type) && 'blob' in event) {
          claims?.settle(target, event.blob)
        }
      },
    })
    return { blobs: blobsCopied + blobsMounted, manifests, bytes: bytesCopied }
  } finally {
    claims?.close()
  }
}

/** A repository next to the target that has a blob: the source, or one that another promotion has sent it to. */
function chooseMount(
  from: PushContentOptions['from'],
  claims: ReturnType<UploadIndex['open']> | undefined,
): NonNullable<CopySource['mountFrom']> {
  const near = from && isRegistryRepository(from.repository) ? from.repository : undefined
  const known = new Set(
    from?.images.flatMap((raw) => {
      const { config, layers } = parseManifest(raw)
      return [config, ...layers].map(({ digest }) => digest)
    }),
  )
  return async (blob: Descriptor, target) => {
    if (near?.registry === target.registry && near.repository !== target.repository && known.has(blob.digest))
      return near.repository
    return claims?.claim(target, blob)
  }
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
