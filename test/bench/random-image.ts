import { createHash, randomBytes } from 'node:crypto'
import { type Descriptor, mediaTypes, toDigest } from '@sallyport/core'
import { type RegistryRepository, toRawManifest } from '@sallyport/oci'

/** Number and size of an image's layers. */
export interface ImageShape {
  readonly layers: number
  readonly layerBytes: number
}

const pieceBytes = 1024 * 1024

/** Pushes an image of random layers under the tag `1`. */
export async function pushRandomImage(
  to: RegistryRepository,
  { layers, layerBytes }: ImageShape,
): Promise<void> {
  const described: Descriptor[] = []
  for (let index = 0; index < layers; index++) {
    const seed = randomBytes(Math.min(pieceBytes, layerBytes))
    described.push(await push(to, mediaTypes.ociLayer, layerBytes, seed))
  }
  const configuration = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture: 'amd64',
      rootfs: { type: 'layers', diff_ids: described.map(({ digest }) => digest) },
    }),
  )
  const config = await push(to, mediaTypes.ociConfig, configuration.byteLength, configuration)
  const manifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers: described }
  await to.putManifest(toRawManifest(Buffer.from(JSON.stringify(manifest))), { tag: '1' })
}

/** Pushes so many bytes: the seed over and over, since clients and registries hash and move each byte all the same. */
async function push(
  to: RegistryRepository,
  mediaType: string,
  size: number,
  seed: Uint8Array,
): Promise<Descriptor> {
  function* pieces(): Generator<Uint8Array> {
    for (let at = 0; at < size; at += seed.byteLength) yield seed.subarray(0, size - at)
  }
  async function* stream(): AsyncGenerator<Uint8Array> {
    yield* pieces()
  }
  const hash = createHash('sha256')
  for (const piece of pieces()) hash.update(piece)
  const blob = { mediaType, digest: toDigest(hash), size }
  await to.write(blob, stream())
  return blob
}
