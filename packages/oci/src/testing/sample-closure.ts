import { type Descriptor, type Digest, mediaTypes, type RawManifest } from '@sallyport/core'
import type { Repository } from '../ports/repository.ts'
import { fallbackTag } from '../referrers/fallback-tag.ts'
import {
  pushImage,
  sampleBlob,
  type SampleImage,
  sampleImage,
  sampleIndex,
  sampleManifest,
  sampleReferrer,
} from './sample-image.ts'

/** An index with evidence of every kind, by what each is. */
export interface SampleClosure {
  readonly index: RawManifest
  readonly amd64: SampleImage
  readonly arm64: SampleImage
  /** What BuildKit puts beside an image: listed in the index, about the amd64 image. */
  readonly document: SampleImage
  readonly indexSbom: SampleImage
  readonly sbomSignature: SampleImage
  readonly imageScan: SampleImage
  /** An index about the amd64 image that lists this image too. */
  readonly loop: RawManifest
  readonly cosignSignature: SampleImage
  readonly cosignAttestation: SampleImage
  /** A referrer of what stands at cosign's tag. */
  readonly signatureNote: SampleImage
  readonly cosignTags: Readonly<Record<string, Digest>>
  /** All of them. */
  readonly digests: readonly Digest[]
}

/** Pushes such an index under a tag. */
export async function pushClosure(repository: Repository, tag: string): Promise<SampleClosure> {
  const amd64 = sampleImage([100, 200])
  const arm64 = sampleImage([300])
  const document = sampleImage([50])
  for (const image of [amd64, arm64, document]) await pushImage(repository, image)
  const entry = (descriptor: Descriptor, os: string, architecture: string, annotations = {}): Descriptor => ({
    ...descriptor,
    platform: { os, architecture },
    annotations,
  })
  const index = sampleIndex([], {
    manifests: [
      entry(amd64.manifest.descriptor, 'linux', 'amd64'),
      entry(arm64.manifest.descriptor, 'linux', 'arm64'),
      entry(document.manifest.descriptor, 'unknown', 'unknown', {
        'vnd.docker.reference.type': 'attestation-manifest',
        'vnd.docker.reference.digest': amd64.manifest.descriptor.digest,
      }),
    ],
  })
  await repository.putManifest(index, { tag })

  const indexSbom = sampleReferrer(index.descriptor, 'application/x.sbom')
  const sbomSignature = sampleReferrer(indexSbom.manifest.descriptor, 'application/x.signature')
  const imageScan = sampleReferrer(amd64.manifest.descriptor, 'application/x.scan', {
    'org.example.by': 'us',
  })
  for (const referrer of [indexSbom, sbomSignature, imageScan]) await pushImage(repository, referrer)
  const loop = sampleIndex([[{ os: 'linux', architecture: 'amd64' }, amd64.manifest]], {
    artifactType: 'application/x.group',
    subject: amd64.manifest.descriptor,
  })
  await repository.putManifest(loop)

  const signatureTag = `${fallbackTag(index.descriptor.digest)}.sig`
  const attestationTag = `${fallbackTag(amd64.manifest.descriptor.digest)}.att`
  const cosignSignature = sampleCosign('signed')
  const cosignAttestation = sampleCosign('attested')
  await pushImage(repository, cosignSignature, signatureTag)
  await pushImage(repository, cosignAttestation, attestationTag)
  const signatureNote = sampleReferrer(cosignSignature.manifest.descriptor, 'application/x.note')
  await pushImage(repository, signatureNote)

  const images = {
    amd64,
    arm64,
    document,
    indexSbom,
    sbomSignature,
    imageScan,
    cosignSignature,
    cosignAttestation,
    signatureNote,
  }
  const digests = [index, loop, ...Object.values(images).map(({ manifest }) => manifest)].map(
    ({ descriptor }) => descriptor.digest,
  )
  return {
    index,
    loop,
    ...images,
    cosignTags: {
      [signatureTag]: cosignSignature.manifest.descriptor.digest,
      [attestationTag]: cosignAttestation.manifest.descriptor.digest,
    },
    digests: digests.sort(),
  }
}

/** What cosign keeps under a tag: an image whose layers are payloads. */
export function sampleCosign(payload: string): SampleImage {
  const config = sampleBlob(JSON.stringify({ payload }), mediaTypes.ociConfig)
  const layer = sampleBlob(payload, 'application/vnd.dev.cosign.simplesigning.v1+json')
  return {
    manifest: sampleManifest({ config: config.blob, layers: [layer.blob] }),
    blobs: [config, layer],
  }
}
