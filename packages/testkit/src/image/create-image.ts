import {
  type BlobReader,
  type Descriptor,
  type Digest,
  digestOf,
  mediaTypes,
  parsePlatform,
  type RawManifest,
} from '@sallyport/core'
import { compressLayer, encodeLayerTar } from './encode-layer.ts'
import { createMemoryReader, type GeneratedImage } from './generated-image.ts'
import type { ImageDescription, LayerDescription } from './image-description.ts'

/**
 * Makes an image of one platform in memory, with a config and layers like a builder's: the same description gives the
 * same digests. Push it with `pushImage`, or read it as a `BlobReader`.
 */
export function createImage({
  layers: described = [],
  config = {},
  override = {},
  platform = 'linux/amd64',
  annotations,
  docker = false,
}: ImageDescription = {}): GeneratedImage {
  const contents = new Map<Digest, Uint8Array>()
  const add = (mediaType: string, content: Uint8Array): Descriptor => {
    const digest = digestOf(content)
    contents.set(digest, content)
    return { mediaType, digest, size: content.byteLength }
  }
  const tars = described.map(encodeLayerTar)
  const diffIds = tars.map((tar) => digestOf(tar))
  const layers = described.map((layer, index) =>
    add(layerMediaType(layer, docker), compressLayer(tars[index]!, layer.compression)),
  )
  const created = '2020-01-01T00:00:00Z'
  const imageConfig = {
    created,
    ...parsePlatform(platform),
    config,
    rootfs: { type: 'layers', diff_ids: diffIds },
    history: described.map(({ createdBy = 'testkit' }) => ({ created, created_by: createdBy })),
    ...override,
  }
  const configMediaType = docker ? mediaTypes.dockerConfig : mediaTypes.ociConfig
  const configBlob = add(configMediaType, Buffer.from(JSON.stringify(imageConfig)))
  const mediaType = docker ? mediaTypes.dockerManifest : mediaTypes.ociManifest
  const manifest = {
    schemaVersion: 2,
    mediaType,
    config: configBlob,
    layers,
    ...(annotations ? { annotations } : {}),
  }
  return {
    raw: toRaw(mediaType, manifest),
    children: [],
    blobs: [configBlob, ...layers],
    diffIds,
    open: createMemoryReader(contents).open,
  }
}

/** Makes an OCI index of several images, by platform as `os/architecture[/variant]`. */
export function createImageIndex(
  images: Readonly<Record<string, GeneratedImage>>,
  annotations?: Readonly<Record<string, string>>,
): GeneratedImage {
  const members = Object.entries(images)
  const manifests = members.map(([platform, { raw }]) => ({
    ...raw.descriptor,
    platform: parsePlatform(platform),
  }))
  const value = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests,
    ...(annotations ? { annotations } : {}),
  }
  const owner = new Map<Digest, BlobReader>()
  for (const [, image] of members) for (const { digest } of image.blobs) owner.set(digest, image)
  const nothing = createMemoryReader(new Map())
  return {
    raw: toRaw(mediaTypes.ociIndex, value),
    children: members.flatMap(([, { children, raw }]) => [...children, raw]),
    blobs: members.flatMap(([, { blobs }]) => blobs),
    diffIds: members.flatMap(([, { diffIds }]) => diffIds),
    open: (blob, options) => (owner.get(blob.digest) ?? nothing).open(blob, options),
  }
}

function toRaw(mediaType: string, value: unknown): RawManifest {
  const bytes = Buffer.from(JSON.stringify(value))
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

function layerMediaType({ compression = 'gzip' }: LayerDescription, docker: boolean): string {
  switch (compression) {
    case 'none':
      return mediaTypes.ociLayer
    case 'zstd':
      return mediaTypes.ociLayerZstd
    case 'gzip':
      return docker ? mediaTypes.dockerLayerGzip : mediaTypes.ociLayerGzip
  }
}
