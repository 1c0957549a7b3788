import { createGunzip, createZstdDecompress } from 'node:zlib'
import { pipeline, Readable } from 'node:stream'
import { type Image, readTar } from '@sallyport/image'
import type { Violation } from './invariant.ts'

const chunkSize = 256 * 1024
const maxReported = 100

/**
 * I11: reads the layers of an image, as anyone does who downloads them, and tells entries that should not be in any: what
 * a later layer hides is in the image all the same. Of a path that is removed there is none, of one whose content is
 * another only that which can be seen.
 *
 * @param tree - of the image before, where links in parents lead to
 */
export async function findLayerEntries(
  image: Pick<Image, 'manifest' | 'open' | 'tree'>,
  tree: Pick<Image['tree'], 'canonicalize'>,
  { removed, changed }: { readonly removed: ReadonlySet<string>; readonly changed: ReadonlySet<string> },
  signal: AbortSignal | undefined,
): Promise<readonly Violation[]> {
  const violations: Violation[] = []
  const seen = new Set<string>()
  for (const [index, layer] of image.manifest.layers.entries()) {
    for await (const event of readTar(uncompress(image.open(layer), layer.mediaType), {
      signal,
    })) {
      if (event.type !== 'entry') continue
      const path = tree.canonicalize(`/${event.entry.path}`)
      const isHidden = changed.has(path) && (seen.has(path) || image.tree.get(path)?.layer !== index)
      if (changed.has(path)) seen.add(path)
      if (removed.has(path)) violations.push({ message: `${path} is in layer ${index}`, at: path })
      else if (isHidden)
        violations.push({ message: `the old bytes of ${path} are still in layer ${index}`, at: path })
      if (violations.length >= maxReported) return violations
    }
  }
  return violations
}

/** Bytes of a layer's tar. */
export async function countTarBytes(
  image: Pick<Image, 'open'>,
  layer: Image['manifest']['layers'][number],
): Promise<number> {
  let bytes = 0
  for await (const chunk of uncompress(image.open(layer), layer.mediaType)) bytes += chunk.byteLength
  return bytes
}

function uncompress(content: AsyncIterable<Uint8Array>, mediaType: string): AsyncIterable<Uint8Array> {
  if (!/(?:[.+]gzip|[.+]zstd)$/.test(mediaType)) return content
  const stream = mediaType.endsWith('zstd')
    ? createZstdDecompress({ chunkSize })
    : createGunzip({ chunkSize })
  // Errors reach who reads from the stream, which ends with the pipeline.
  return pipeline(Readable.from(content, { objectMode: false }), stream, () => {})
}
