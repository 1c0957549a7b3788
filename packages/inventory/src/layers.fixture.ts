import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type BlobReader, type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import type { LayerFactsCache } from './ports/layer-facts-cache.ts'

/** An image in memory, and what was read of it. */
export interface LayeredImage {
  readonly source: BlobReader
  readonly raw: RawManifest
  readonly layers: readonly Descriptor[]
  /** Digests of the layers that were read, in order. */
  readonly read: string[]
}

/** Makes an image of uncompressed tars; the config may claim other diff ids. */
export function layeredImage(
  tars: readonly Uint8Array[],
  diffIds = tars.map((tar) => digestOf(tar)),
): LayeredImage {
  const blobs = new Map<string, Uint8Array>()
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const layers = tars.map((tar, index) =>
    index % 2 === 0
      ? add(mediaTypes.ociLayerGzip, gzipSync(tar))
      : add(mediaTypes.ociLayerZstd, zstdCompressSync(tar)),
  )
  const config = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: diffIds } }
  const mediaType = mediaTypes.ociManifest
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: add(mediaTypes.ociConfig, Buffer.from(JSON.stringify(config))),
    layers,
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  const read: string[] = []
  const source: BlobReader = {
    async *open({ digest }) {
      if (layers.some((layer) => layer.digest === digest)) read.push(digest)
      const blob = blobs.get(digest)!
      for (let start = 0; start < blob.length; start += 10_000) yield blob.subarray(start, start + 10_000)
    },
  }
  return {
    source,
    raw: { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes },
    layers,
    read,
  }
}

/** A cache in memory. */
export function memoryCache(): LayerFactsCache & { readonly entries: Map<string, Uint8Array> } {
  const entries = new Map<string, Uint8Array>()
  return {
    entries,
    get: async (key) => entries.get(key),
    put: async (key, bytes) => void entries.set(key, bytes),
  }
}
