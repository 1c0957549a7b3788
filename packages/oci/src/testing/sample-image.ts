import { randomBytes } from 'node:crypto'
import { type Descriptor, digestOf, mediaTypes, type Platform, type RawManifest } from '@sallyport/core'
import { toRawManifest } from '../manifest/raw-manifest.ts'
import type { Repository } from '../ports/repository.ts'

/** Content with its descriptor. */
export interface SampleBlob {
  readonly blob: Descriptor
  readonly bytes: Uint8Array
}

/** An image whose layers are random bytes: nothing in this package looks into layers. */
export interface SampleImage {
  readonly manifest: RawManifest
  readonly blobs: readonly SampleBlob[]
}

/** Names bytes as a blob. */
export function sampleBlob(
  bytes: Uint8Array | string,
  mediaType: string = mediaTypes.ociLayerGzip,
): SampleBlob {
  const content = typeof bytes === 'string' ? new TextEncoder().encode(bytes) : bytes
  return { blob: { mediaType, digest: digestOf(content), size: content.byteLength }, bytes: content }
}

/** An image with layers of the given sizes. */
export function sampleImage(layerSizes: readonly number[], extra: object = {}): SampleImage {
  const config = sampleBlob(JSON.stringify({ id: randomBytes(8).toString('hex') }), mediaTypes.ociConfig)
  const layers = layerSizes.map((size) => sampleBlob(randomBytes(size)))
  return {
    manifest: sampleManifest({ config: config.blob, layers: layers.map(({ blob }) => blob), ...extra }),
    blobs: [config, ...layers],
  }
}

/** A manifest of the given fields. */
export function sampleManifest(fields: object, mediaType: string = mediaTypes.ociManifest): RawManifest {
  return toRawManifest(new TextEncoder().encode(JSON.stringify({ schemaVersion: 2, mediaType, ...fields })))
}

/** An index over images of the given platforms. */
export function sampleIndex(
  entries: readonly (readonly [Platform, RawManifest])[],
  extra: object = {},
): RawManifest {
  const manifests = entries.map(([platform, { descriptor }]) => ({ ...descriptor, platform }))
  return sampleManifest({ manifests, ...extra }, mediaTypes.ociIndex)
}

/** An artifact that refers to `subject`; push its empty config first. */
export function sampleReferrer(
  subject: Descriptor,
  artifactType: string,
  annotations: Record<string, string> = {},
): SampleImage {
  const empty = sampleBlob('{}', mediaTypes.ociEmpty)
  const manifest = sampleManifest({
    artifactType,
    config: empty.blob,
    layers: [empty.blob],
    subject,
    annotations: { ...annotations, 'org.example.nonce': randomBytes(8).toString('hex') },
  })
  return { manifest, blobs: [empty] }
}

/** One chunk as a stream that can be read once. */
export async function* streamOf(
  ...chunks: readonly Uint8Array[]
): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks
}

/** Stores an image by digest. */
export async function pushImage(
  target: Repository,
  { manifest, blobs }: SampleImage,
  tag?: string,
): Promise<void> {
  for (const { blob, bytes } of blobs) await target.write(blob, streamOf(bytes))
  await target.putManifest(manifest, { tag })
}

/** Reads a stream to its end. */
export async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = []
  for await (const chunk of content) chunks.push(chunk)
  return Buffer.concat(chunks)
}

/** Reads a list to its end. */
export async function collectAll<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = []
  for await (const item of items) all.push(item)
  return all
}
