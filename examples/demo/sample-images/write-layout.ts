import { createHash, randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { copyFile, mkdir, rename, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGzip } from 'node:zlib'
import { type Descriptor, type Digest, digestHex, digestOf, mediaTypes, toDigest } from '@sallyport/core'

/** A layer in a layout. */
export interface WrittenLayer {
  readonly descriptor: Descriptor
  readonly diffId: Digest
  readonly createdBy: string
}

/** Writes the pieces of a tar as a gzip layer into the folder of blobs. */
export async function writeLayer(
  layout: string,
  pieces: readonly Uint8Array[],
  createdBy: string,
  signal?: AbortSignal,
): Promise<WrittenLayer> {
  const blobs = join(layout, 'blobs', 'sha256')
  await mkdir(blobs, { recursive: true })
  const partial = join(blobs, `${randomUUID()}.partial`)
  const [plain, packed] = [createHash('sha256'), createHash('sha256')]
  try {
    await pipeline(
      Readable.from(pieces),
      hashing(plain),
      createGzip({ level: 6, chunkSize: 256 * 1024 }),
      hashing(packed),
      createWriteStream(partial),
      { signal },
    )
    const digest = toDigest(packed)
    const { size } = await stat(partial)
    await rename(partial, join(blobs, digestHex(digest)))
    return {
      descriptor: { mediaType: mediaTypes.ociLayerGzip, digest, size },
      diffId: toDigest(plain),
      createdBy,
    }
  } finally {
    await rm(partial, { force: true })
  }
}

/** Puts a layer of one layout into another. */
export async function copyLayer(from: string, to: string, { descriptor }: WrittenLayer): Promise<void> {
  const path = ['blobs', 'sha256', digestHex(descriptor.digest)]
  await mkdir(join(to, 'blobs', 'sha256'), { recursive: true })
  await copyFile(join(from, ...path), join(to, ...path))
}

function hashing(hash: ReturnType<typeof createHash>): Transform {
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
}

/** What an image runs, and when it was made. */
export interface ImageSettings {
  readonly created: string
  readonly config: Readonly<Record<string, unknown>>
  readonly annotations: Readonly<Record<string, string>>
}

/** Writes config, manifest and index of a layout whose layers are written. */
export async function finishLayout(
  layout: string,
  tag: string,
  layers: readonly WrittenLayer[],
  { created, config, annotations }: ImageSettings,
): Promise<Digest> {
  const imageConfig = {
    created,
    architecture: 'amd64',
    os: 'linux',
    config,
    rootfs: { type: 'layers', diff_ids: layers.map(({ diffId }) => diffId) },
    history: layers.map(({ createdBy }) => ({ created, created_by: createdBy })),
  }
  const manifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: await writeJson(layout, mediaTypes.ociConfig, imageConfig),
    layers: layers.map(({ descriptor }) => descriptor),
    annotations,
  }
  const descriptor = await writeJson(layout, mediaTypes.ociManifest, manifest)
  const index = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociIndex,
    manifests: [{ ...descriptor, annotations: { 'org.opencontainers.image.ref.name': tag } }],
  }
  await writeFile(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
  await writeFile(join(layout, 'index.json'), JSON.stringify(index))
  return descriptor.digest
}

async function writeJson(layout: string, mediaType: string, value: unknown): Promise<Descriptor> {
  const bytes = Buffer.from(JSON.stringify(value))
  const digest = digestOf(bytes)
  await writeFile(join(layout, 'blobs', 'sha256', digestHex(digest)), bytes)
  return { mediaType, digest, size: bytes.byteLength }
}
