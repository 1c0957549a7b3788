import { createHash } from 'node:crypto'
import { open, rename } from 'node:fs/promises'
import { join } from 'node:path'
import { type Descriptor, type Digest, toDigest } from '@sallyport/core'
import { compressLayer, type CompressOptions } from '../layer/compress.ts'
import { type LayerCompression, layerMediaType } from '../layer/layer-format.ts'
import { layoutBlobPath } from '../open/layout-directory.ts'

/** A layer that was written. */
export interface WrittenLayer {
  readonly descriptor: Descriptor
  readonly diffId: Digest
}

/** What {@link writeLayer} needs besides the tar. */
export interface WriteLayerOptions extends CompressOptions {
  readonly compression: LayerCompression
  /** Media type whose family (OCI or Docker) the new one is of. */
  readonly likeMediaType: string
  /** Layout folder that the blob goes to. */
  readonly layout: string
  /** Name for the unfinished file, unique in the layout. */
  readonly name: string
}

/** Compresses a tar into a layout, and names it by its digests. */
export async function writeLayer(
  tar: AsyncIterable<Uint8Array>,
  options: WriteLayerOptions,
): Promise<WrittenLayer> {
  const tarHash = createHash('sha256')
  const blobHash = createHash('sha256')
  async function* hashed() {
    for await (const chunk of tar) {
      tarHash.update(chunk)
      yield chunk
    }
  }
  const temporary = join(options.layout, options.name)
  let size = 0
  const file = await open(temporary, 'wx', 0o600)
  try {
    for await (const chunk of compressLayer(hashed(), options.compression, options)) {
      blobHash.update(chunk)
      size += chunk.length
      for (let written = 0; written < chunk.length;) {
        written += (await file.write(chunk, written, chunk.length - written)).bytesWritten
      }
    }
  } finally {
    await file.close()
  }
  const digest = toDigest(blobHash)
  await rename(temporary, layoutBlobPath(options.layout, digest))
  const mediaType = layerMediaType(options.compression, options.likeMediaType)
  return { descriptor: { mediaType, digest, size }, diffId: toDigest(tarHash) }
}
