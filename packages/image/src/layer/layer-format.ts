import { mediaTypes } from '@sallyport/core'
import { ImageError } from '../errors.ts'

/** How a layer's tar is compressed. */
export type LayerCompression = 'none' | 'gzip' | 'zstd'

const dockerLayer = 'application/vnd.docker.image.rootfs.diff.tar'

const compressions: ReadonlyMap<string, LayerCompression> = new Map([
  [mediaTypes.ociLayer, 'none'],
  [mediaTypes.ociLayerGzip, 'gzip'],
  [mediaTypes.ociLayerZstd, 'zstd'],
  [dockerLayer, 'none'],
  [mediaTypes.dockerLayerGzip, 'gzip'],
  [`${dockerLayer}.zstd`, 'zstd'],
])

/**
 * How a layer of this media type is compressed.
 *
 * @throws {ImageError} `LAYER_UNSUPPORTED` for foreign, encrypted and unknown layers.
 */
export function compressionOf(mediaType: string): LayerCompression {
  const compression = compressions.get(mediaType)
  if (compression !== undefined) return compression
  throw new ImageError(
    'LAYER_UNSUPPORTED',
    `no layer media type that can be read: ${JSON.stringify(mediaType)}`,
  )
}

/** The media type of a layer compressed so, in the family (OCI or Docker) of `like`. */
export function layerMediaType(compression: LayerCompression, like: string): string {
  const docker = like.startsWith('application/vnd.docker.')
  for (const [mediaType, candidate] of compressions) {
    if (candidate === compression && mediaType.startsWith('application/vnd.docker.') === docker)
      return mediaType
  }
  return mediaTypes.ociLayer
}

/** What the first bytes of a blob say about its compression. */
export function sniffCompression(start: Uint8Array): LayerCompression {
  if (start[0] === 0x1f && start[1] === 0x8b) return 'gzip'
  const magic = start.length < 4 ? 0 : Buffer.from(start).readUInt32LE(0)
  // A zstd file may begin with a skippable frame (RFC 8878, 3.1.2).
  return magic === 0xfd2fb528 || magic >>> 4 === 0x184d2a5 ? 'zstd' : 'none'
}
