import { type Descriptor, type Digest, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { fallbackTag, type Repository, toRawManifest } from '@sallyport/oci'
import { createImage, createImageIndex } from '../image/create-image.ts'
import { pushImage } from '../image/push-image.ts'

const platforms = ['amd64', 'arm64'].map((architecture) =>
  createImage({
    platform: `linux/${architecture}`,
    layers: [{ files: { base: 'the layer of both'.repeat(5000) } }, { files: { architecture } }],
  }),
) as [ReturnType<typeof createImage>, ReturnType<typeof createImage>]

/** An index of two platforms that share a layer. */
export const sampleIndex = createImageIndex({ 'linux/amd64': platforms[0], 'linux/arm64': platforms[1] })
/** Its first image. */
export const sampleChild: RawManifest = platforms[0].raw

const emptyBytes = Buffer.from('{}')
const empty: Descriptor = { mediaType: mediaTypes.ociEmpty, digest: digestOf(emptyBytes), size: 2 }
const payloadBytes = Buffer.from('what was signed')
const payload: Descriptor = {
  mediaType: 'application/vnd.dev.cosign.simplesigning.v1+json',
  digest: digestOf(payloadBytes),
  size: payloadBytes.byteLength,
}

const raw = (fields: object): RawManifest =>
  toRawManifest(
    Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: mediaTypes.ociManifest, ...fields })),
  )

/** A manifest that has another one as its subject. */
export function sampleReferrer(name: string, { descriptor }: RawManifest): RawManifest {
  const { mediaType, digest, size } = descriptor
  return raw({
    artifactType: `application/vnd.example.${name}`,
    config: empty,
    layers: [empty],
    subject: { mediaType, digest, size },
    annotations: { name },
  })
}

const sbom = sampleReferrer('sbom', sampleIndex.raw)
const provenance = sampleReferrer('provenance', sampleIndex.raw)
const scan = sampleReferrer('scan', sampleChild)
const signature = sampleReferrer('signature', sbom)

/** What refers to what, and how each referrer is to be described. */
export const sampleEvidence: readonly {
  readonly subject: Digest
  readonly referrers: readonly Descriptor[]
}[] = [
  { subject: sampleIndex.raw.descriptor.digest, referrers: describe({ sbom, provenance }) },
  { subject: sampleChild.descriptor.digest, referrers: describe({ scan }) },
  { subject: sbom.descriptor.digest, referrers: describe({ signature }) },
]

function describe(referrers: Readonly<Record<string, RawManifest>>): readonly Descriptor[] {
  return Object.entries(referrers).map(([name, { descriptor }]) => ({
    ...descriptor,
    artifactType: `application/vnd.example.${name}`,
    annotations: { name },
  }))
}

/** What cosign would leave behind: no subject, found by its tag. */
const cosignManifest = raw({ config: empty, layers: [payload] })
export const sampleCosignTag = {
  tag: `${fallbackTag(sampleIndex.raw.descriptor.digest)}.sig`,
  kind: 'sig',
  descriptor: cosignManifest.descriptor,
}

/** Digests of everything, sorted. */
export const sampleManifests: readonly Digest[] = [
  sampleIndex.raw,
  ...sampleIndex.children,
  sbom,
  provenance,
  scan,
  signature,
  cosignManifest,
]
  .map(({ descriptor }) => descriptor.digest)
  .toSorted()
export const sampleBlobs: readonly Digest[] = [
  ...new Set([...sampleIndex.blobs, empty, payload].map(({ digest }) => digest)),
].toSorted()

/** Pushes the index under a tag, and its evidence: two referrers of one subject at the same time. */
export async function pushSample(repository: Repository, tag: string): Promise<void> {
  await pushImage(repository, sampleIndex, tag)
  await repository.write(empty, chunks(emptyBytes))
  await repository.write(payload, chunks(payloadBytes))
  await Promise.all([sbom, provenance].map((each) => repository.putManifest(each)))
  await repository.putManifest(scan)
  await repository.putManifest(signature)
  await repository.putManifest(cosignManifest, { tag: sampleCosignTag.tag })
}

async function* chunks(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
