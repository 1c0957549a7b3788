import { createAttacher, predicateTypes } from '@sallyport/attest'
import { type Descriptor, type Digest, digestOf, mediaTypes, runConcurrently } from '@sallyport/core'
import { createRegistryClient, type RegistryRepository, toRawManifest } from '@sallyport/oci'
import { type EvidenceKeys, evidenceOf, spoiledSignature } from './image-evidence.ts'
import { type ImageKind, kindAt } from './image-kinds.ts'
import { repositoryAt } from './repository-at.ts'

/** How much to push. */
export interface FillOptions {
  /** `host:port`. */
  readonly registry: string
  readonly repositories: number
  readonly keys: EvidenceKeys
  readonly policyDigest: Digest
  /** When images were decided, and when those whose decision is stale by now were. */
  readonly decidedAt: Date
  readonly staleSince: Date
}

/** What was pushed, counted while it was pushed. */
export interface Filled {
  /** Tags that people made; tags of evidence come on top. */
  readonly tags: number
  /** Images, indexes and platforms by the class that they have to get. */
  readonly classes: Readonly<Record<string, number>>
  /** Manifests that are images, indexes, platforms, artifacts. */
  readonly images: number
  readonly indexes: number
  readonly platforms: number
  readonly artifacts: number
  /** Pieces of evidence whose subject is not there. */
  readonly stray: number
}

const imagesEach = 4
const emptyJson = Buffer.from('{}')
const layer = Buffer.from('a layer that nobody ever opens')

/** Digest of the only layer that there is. */
export const layerDigest: Digest = digestOf(layer)
const artifactType = 'application/vnd.example.chart.v1+json'

/**
 * Fills a registry: in each repository four images of two tags each, of the kinds in turn, a chart, and under a tag of
 * cosign a signature of something that is not there, or an image that hides there: ten tags.
 */
export async function fillRegistry(options: FillOptions): Promise<Filled> {
  await using client = createRegistryClient({ connections: 32, settleMs: 0 })
  const counts = { tags: 0, images: 0, indexes: 0, platforms: 0, artifacts: 0, stray: 0 }
  const classes: Record<string, number> = {}
  const count = (kind: string) => {
    classes[kind] = (classes[kind] ?? 0) + 1
  }
  const positions = Array.from({ length: options.repositories }, (_, position) => position)
  await runConcurrently(positions, 8, undefined, async (position) => {
    const repository = client.repository({
      registry: options.registry,
      repository: repositoryAt(position),
    })
    await write(repository, layer)
    await write(repository, emptyJson)
    for (let at = 0; at < imagesEach; at++) {
      const number = position * imagesEach + at
      const kind = kindAt(number)
      const tags = [`1.${at}.0`, `build-${number}`]
      if (kind === 'error') {
        await pushBrokenIndex(repository, number, tags)
        counts.indexes++
        counts.platforms++
        count('error')
        count('unsigned')
      } else {
        const subject = await pushImage(repository, number, tags)
        await attach(repository, subject, kind, options)
        counts.images++
        count(kind)
      }
      counts.tags += tags.length
    }
    await pushChart(repository, position)
    counts.artifacts++
    counts.tags += 2
    if (position % 2 === 0) {
      await pushStraySignature(repository, position)
      counts.stray++
    } else {
      await pushImage(repository, -position, [signatureTag(position)])
      counts.images++
      count('unsigned')
    }
  })
  return { ...counts, classes }
}

async function attach(
  repository: RegistryRepository,
  subject: Descriptor,
  kind: ImageKind,
  { keys, policyDigest, decidedAt, staleSince }: FillOptions,
): Promise<void> {
  const items = evidenceOf(subject, {
    kind,
    repository: repository.name,
    keys,
    policyDigest,
    decidedAt,
    staleSince,
  })
  const mode = kind === 'legacy-only' ? 'legacy' : 'bundle'
  const attacher = createAttacher(repository, { mode, createdAt: decidedAt, settleMs: 0 })
  await attacher.attach(items)
  if (kind === 'unverifiable')
    await pushBundle(
      repository,
      subject,
      await spoiledSignature(subject, { repository: repository.name, keys }),
    )
}

/** As cosign stores a bundle: a referrer with one layer. */
async function pushBundle(
  repository: RegistryRepository,
  subject: Descriptor,
  bundle: Buffer,
): Promise<void> {
  const bundleType = 'application/vnd.dev.sigstore.bundle.v0.3+json'
  await write(repository, bundle)
  const raw = toRawManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: bundleType,
        config: descriptorOf('application/vnd.oci.empty.v1+json', emptyJson),
        layers: [descriptorOf(bundleType, bundle)],
        subject,
        annotations: {
          'dev.sigstore.bundle.content': 'dsse-envelope',
          'dev.sigstore.bundle.predicateType': predicateTypes.cosignSign,
        },
      }),
    ),
  )
  await repository.putManifest(raw)
}

async function pushImage(
  repository: RegistryRepository,
  number: number,
  tags: readonly string[],
): Promise<Descriptor> {
  const raw = await makeImage(repository, number)
  for (const tag of tags) await repository.putManifest(raw, { tag })
  return raw.descriptor
}

/** An index of two images, of which the second is missing. */
async function pushBrokenIndex(
  repository: RegistryRepository,
  number: number,
  tags: readonly string[],
): Promise<void> {
  const here = await makeImage(repository, number)
  const gone = await makeImage(repository, number, 'arm64')
  await repository.putManifest(here)
  const index = toRawManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociIndex,
        manifests: [
          { ...here.descriptor, platform: { os: 'linux', architecture: 'amd64' } },
          { ...gone.descriptor, platform: { os: 'linux', architecture: 'arm64' } },
        ],
      }),
    ),
  )
  const push = async () => {
    for (const tag of tags) await repository.putManifest(index, { tag })
  }
  // docker-registry takes no index whose images are missing; olareg keeps for ever what an index lists.
  await push().catch(async () => {
    await repository.putManifest(gone)
    await push()
    await repository.deleteManifest(gone.descriptor.digest)
  })
}

async function makeImage(repository: RegistryRepository, number: number, architecture = 'amd64') {
  const config = Buffer.from(
    JSON.stringify({
      os: 'linux',
      architecture,
      config: { Labels: { number: String(number) }, Entrypoint: ['/app'] },
      rootfs: { type: 'layers', diff_ids: [digestOf(layer)] },
    }),
  )
  await write(repository, config)
  return manifestOf(mediaTypes.ociConfig, config, {})
}

async function pushChart(repository: RegistryRepository, position: number): Promise<void> {
  const raw = manifestOf('application/vnd.oci.empty.v1+json', emptyJson, {
    artifactType,
    annotations: { position: String(position) },
  })
  await repository.putManifest(raw, { tag: 'chart' })
}

async function pushStraySignature(repository: RegistryRepository, position: number): Promise<void> {
  const signed = descriptorOf('application/vnd.dev.cosign.simplesigning.v1+json', emptyJson)
  const raw = manifestOf(mediaTypes.ociConfig, emptyJson, {
    layers: [signed],
    annotations: { stray: String(position) },
  })
  await repository.putManifest(raw, { tag: signatureTag(position) })
}

/** A tag of cosign for a signature of something that is not there. */
const signatureTag = (position: number): string =>
  `${digestOf(`nothing at ${position}`).replace(':', '-')}.sig`

function manifestOf(configType: string, config: Buffer, rest: object) {
  return toRawManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        config: descriptorOf(configType, config),
        layers: [descriptorOf('application/vnd.oci.image.layer.v1.tar', layer)],
        ...rest,
      }),
    ),
  )
}

const descriptorOf = (mediaType: string, bytes: Buffer): Descriptor => ({
  mediaType,
  digest: digestOf(bytes),
  size: bytes.byteLength,
})

async function write(repository: RegistryRepository, bytes: Buffer): Promise<void> {
  await repository.write(descriptorOf('application/octet-stream', bytes), once(bytes), { isNew: true })
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield bytes
}
