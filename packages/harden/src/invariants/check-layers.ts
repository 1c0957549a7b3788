import { createGunzip, createZstdDecompress } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'
import { type Image, readTar } from '@sallyport/image'
import type { Violation } from './invariant.ts'

const chunkSize = 256 * 1024
const maxReported = 100

/**
 * Reads the layers of an image, as anyone does who downloads them, and tells entries that should not be in any: what a
 * later layer hides is in the image all the same.
 *
 * @param tree - of the image before, where links in parents lead to
 */
export async function findLayerEntries(
  image: Pick<Image, 'manifest' | 'open'>,
  tree: Pick<Image['tree'], 'canonicalize'>,
  removed: ReadonlySet<string>,
  signal: AbortSignal | undefined,
): Promise<readonly Violation[]> {
  const violations: Violation[] = []
  for (const [index, layer] of image.manifest.layers.entries()) {
    for await (const event of readTar(uncompress(image.open(layer), layer.mediaType), {
      signal,
    })) {
      if (event.type !== 'entry') continue
      const path = tree.canonicalize(`/${event.entry.path}`)
      if (removed.has(path)) violations.push({ message: `${path} is in layer ${index}` })
      if (violations.length >= maxReported) return violations
    }
  }
  return violations
}

function uncompress(content: AsyncIterable<Uint8Array>, mediaType: string): AsyncIterable<Uint8Array> {
  if (!/(?:[.+]gzip|[.+]zstd)$/.test(mediaType)) return content
  const stream = mediaType.endsWith('zstd')
    ? createZstdDecompress({ chunkSize })
    : createGunzip({ chunkSize })
  // Errors reach who reads from the stream, which ends with the pipeline.
  return pipeline(Readable.from(content, { objectMode: false }), stream, () => {})
}
