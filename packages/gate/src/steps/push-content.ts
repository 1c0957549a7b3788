import type { BlobReader, RawManifest } from '@sallyport/core'
import { parseManifest, type Repository } from '@sallyport/oci'
import pLimit from 'p-limit'

/** An image with the blobs that it names. */
export interface ImageContent {
  readonly raw: RawManifest
  readonly blobs: BlobReader
}

/** Options of {@link pushContent}. */
export interface PushContentOptions {
  readonly signal?: AbortSignal | undefined
  /** Blobs at once. Default 4. */
  readonly concurrency?: number | undefined
}

/** What a push wrote. */
export interface PushResult {
  readonly blobs: number
  readonly manifests: number
}

/**
 * Pushes images, and their index if there is one, by digest: blobs first, then manifests, the index last. No tag is
 * touched. What the target has already is left alone, so that an interrupted push goes on where it stopped.
 */
export async function pushContent(
  target: Repository,
  images: readonly ImageContent[],
  index: RawManifest | undefined,
  { signal, concurrency = 4 }: PushContentOptions = {},
): Promise<PushResult> {
  const limit = pLimit(concurrency)
  const written = { blobs: 0, manifests: 0 }
  const seen = new Set<string>()
  const transfers = images.flatMap(({ raw, blobs }) => {
    const { config, layers } = parseManifest(raw)
    return [config, ...layers]
      .filter(({ digest }) => !seen.has(digest) && seen.add(digest))
      .map((blob) =>
        limit(async () => {
          signal?.throwIfAborted()
          if (await target.has(blob, { signal })) return
          await target.write(blob, blobs.open(blob, { signal }), { signal })
          written.blobs++
        }),
      )
  })
  await settleAll(transfers)
  for (const raw of [...images.map(({ raw }) => raw), ...(index ? [index] : [])]) {
    if (await target.findManifest(raw.descriptor.digest, { signal })) continue
    await target.putManifest(raw, { signal })
    written.manifests++
  }
  return written
}

/** Waits for all, so that no transfer outlives the step, and rejects with the first failure. */
async function settleAll(transfers: readonly Promise<void>[]): Promise<void> {
  const results = await Promise.allSettled(transfers)
  const failed = results.find((result) => result.status === 'rejected')
  if (failed) throw failed.reason
}
