import { type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { toRawManifest } from '@sallyport/oci'
import { createImage, createImageIndex, type GeneratedImage } from '@sallyport/testkit'
import type { InteropRegistry } from './interop-registries.ts'

/** Content that we write and others read, and the other way round. */
export interface Sample {
  readonly title: string
  /** Also the last part of the repository's name. */
  readonly name: string
  readonly content: GeneratedImage
  /** What must be there before: the content's own subject. */
  readonly subject?: GeneratedImage | undefined
  /** An artifact whose subject is the content. */
  readonly attached: GeneratedImage
  /** Clients that can't read it, with what they or their layouts then show. */
  readonly failures?: Readonly<Record<string, Failure>> | undefined
}

interface Failure {
  readonly message: RegExp
  /** Default: everywhere. */
  readonly where?: 'without-sha512' | undefined
}

/** How a client fails to read a sample from such a registry. */
export function failureOf(
  { failures }: Sample,
  client: string,
  { sha512 }: InteropRegistry,
): RegExp | undefined {
  const { message, where } = failures?.[client] ?? {}
  return where === 'without-sha512' && sha512 ? undefined : message
}

type DigestAlgorithm = 'sha256' | 'sha512'

const platformImage = (architecture: string): GeneratedImage =>
  createImage({
    platform: `linux/${architecture}`,
    layers: [{ files: { hello: `from ${architecture}` } }, { files: { second: 'layer' } }],
    config: { Entrypoint: ['/hello'] },
  })

/** An image of one platform, the same each time. */
export const singleImage = platformImage('amd64')
/** An image that no evidence is about. */
export const anotherImage = platformImage('riscv64')
/** An index of two platforms, the same each time. */
export const twoPlatforms = createImageIndex({
  'linux/amd64': singleImage,
  'linux/arm64': platformImage('arm64'),
})
const twoCompressions = createImage({
  layers: [
    { files: { packed: 'by gzip' }, compression: 'gzip' },
    { files: { squeezed: 'by zstd' }, compression: 'zstd' },
  ],
})

/** An artifact with one blob, attached to `subject`. */
export function createArtifact(
  subject: Descriptor,
  annotations: Readonly<Record<string, string>>,
  artifactType = 'application/vnd.example.sbom',
): GeneratedImage {
  const contents = new Map([
    [mediaTypes.ociEmpty, Buffer.from('{}')],
    ['text/plain', Buffer.from(`about ${subject.digest}: ${JSON.stringify(annotations)}`)],
  ])
  return createManifest(contents, { artifactType, subject, annotations })
}

/** The same image with its config in the descriptor too. */
function withConfigData(image: GeneratedImage, config: Buffer): GeneratedImage {
  const fields = JSON.parse(Buffer.from(image.raw.bytes).toString()) as { config: Descriptor }
  return {
    ...image,
    raw: rawOf({ ...fields, config: { ...fields.config, data: config.toString('base64') } }),
  }
}

/** An image whose config and layer are known by sha512 digests, and so is its manifest if `algorithm` says so. */
function withSha512(config: Buffer, layer: Buffer, algorithm: DigestAlgorithm): GeneratedImage {
  const contents = new Map([
    [mediaTypes.ociConfig, config],
    [mediaTypes.ociLayerGzip, layer],
  ])
  return createManifest(contents, {}, { blobs: 'sha512', manifest: algorithm })
}

const [config, layer] = await Promise.all(
  singleImage.blobs.slice(0, 2).map((blob) => collect(singleImage.open(blob))),
)

/** A manifest that is known by its sha512 digest, as is all that it refers to. */
export const sha512Image = withSha512(config!, layer!, 'sha512')

/** All that is tried on every registry. */
export const samples: readonly Sample[] = (
  [
    { title: 'an index of two platforms', name: 'index', content: twoPlatforms },
    { title: 'an image of one platform', name: 'single', content: singleImage },
    { title: 'an image with a gzip and a zstd layer', name: 'zstd', content: twoCompressions },
    {
      title: 'an image whose config is in its descriptor',
      name: 'data',
      content: withConfigData(singleImage, config!),
    },
    {
      title: 'an artifact with a subject',
      name: 'artifact',
      content: createArtifact(singleImage.raw.descriptor, { 'org.example.note': 'first' }),
      subject: singleImage,
    },
    {
      title: 'an image whose blobs are known by sha512',
      name: 'sha512',
      content: withSha512(config!, layer!, 'sha256'),
      failures: {
        skopeo: { message: /saved with digest sha256/ },
        // It ends well, and leaves a layout without the blobs.
        crane: { message: /there is no blob sha512:/ },
        oras: { message: /digest mismatch in Docker-Content-Digest/, where: 'without-sha512' },
      },
    },
  ] satisfies readonly Omit<Sample, 'attached'>[]
).map((sample) => ({
  ...sample,
  attached: createArtifact(sample.content.raw.descriptor, { 'org.example.note': 'attached' }),
}))

/** All bytes of a stream. */
export async function collect(content: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await Array.fromAsync(content))
}

interface Algorithms {
  readonly blobs?: DigestAlgorithm | undefined
  readonly manifest?: DigestAlgorithm | undefined
}

/** A manifest with a config and layers by media type, the config first. */
function createManifest(
  contents: ReadonlyMap<string, Buffer>,
  fields: object,
  algorithms: Algorithms = {},
): GeneratedImage {
  const blobs = [...contents].map(([mediaType, bytes]) => ({
    mediaType,
    digest: digestOf(bytes, algorithms.blobs),
    size: bytes.byteLength,
  }))
  const [config, ...layers] = blobs
  const head = { schemaVersion: 2, mediaType: mediaTypes.ociManifest }
  return {
    raw: rawOf({ ...head, ...fields, config, layers }, algorithms.manifest),
    children: [],
    blobs,
    diffIds: [],
    async *open({ mediaType }) {
      yield contents.get(mediaType)!
    },
  }
}

function rawOf(manifest: object, algorithm?: DigestAlgorithm): RawManifest {
  const bytes = Buffer.from(JSON.stringify(manifest))
  return toRawManifest(bytes, { digest: digestOf(bytes, algorithm) })
}
