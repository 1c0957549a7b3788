import { gzipSync, zstdCompressSync } from 'node:zlib'
import { type BlobReader, type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import type { LayerCompression } from '../layer/layer-format.ts'

/** An image in memory for this package's tests. */
export interface TestImage {
  readonly raw: RawManifest
  readonly source: BlobReader
  readonly blobs: Map<string, Uint8Array>
}

/** What a test image can be given besides its layers. */
export interface TestImageOptions {
  readonly compression?: LayerCompression
  readonly docker?: boolean
  readonly config?: Record<string, unknown>
  readonly layerMediaType?: string
  readonly manifest?: Record<string, unknown>
}

const layerTypes = {
  none: [mediaTypes.ociLayer, 'application/vnd.docker.image.rootfs.diff.tar'],
  gzip: [mediaTypes.ociLayerGzip, mediaTypes.dockerLayerGzip],
  zstd: [mediaTypes.ociLayerZstd, 'application/vnd.docker.image.rootfs.diff.tar.zstd'],
} as const

/** Makes an image of layers that are given as uncompressed tars. */
export function testImage(tars: readonly Uint8Array[], options: TestImageOptions = {}): TestImage {
  const { compression = 'gzip', docker = false } = options
  const blobs = new Map<string, Uint8Array>()
  const add = (mediaType: string, bytes: Uint8Array): Descriptor => {
    const digest = digestOf(bytes)
    blobs.set(digest, bytes)
    return { mediaType, digest, size: bytes.length }
  }
  const layers = tars.map((tar) =>
    add(options.layerMediaType ?? layerTypes[compression][docker ? 1 : 0], compress(tar, compression)),
  )
  const config = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers', diff_ids: tars.map((tar) => digestOf(tar)) },
    history: tars.map((_, index) => ({ created_by: `layer ${index}` })),
    ...options.config,
  }
  const mediaType = docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest
  const configType = docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: add(configType, Buffer.from(JSON.stringify(config))),
    layers,
    ...options.manifest,
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  return {
    raw: { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length }, bytes },
    source: memorySource(blobs),
    blobs,
  }
}

/** Serves blobs out of a map, in small chunks. */
export function memorySource(blobs: ReadonlyMap<string, Uint8Array>, chunkSize = 10_000): BlobReader {
  return {
    async *open({ digest }, { signal } = {}) {
      const bytes = blobs.get(digest)
      if (bytes === undefined) throw new Error(`no blob ${digest}`)
      for (let start = 0; start < bytes.length; start += chunkSize) {
        signal?.throwIfAborted()
        yield bytes.subarray(start, start + chunkSize)
      }
    },
  }
}

function compress(tar: Uint8Array, compression: LayerCompression): Uint8Array {
  switch (compression) {
    case 'none':
      return tar
    case 'gzip':
      return gzipSync(tar)
    case 'zstd':
      return zstdCompressSync(tar)
  }
}
