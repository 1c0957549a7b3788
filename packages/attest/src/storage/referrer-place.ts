import { type Descriptor, type Digest, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { isRegistryRepository, type Repository } from '@sallyport/oci'
import type { SignedStatement } from '../statement/sign-statement.ts'
import { type EvidencePlace, settleFactor, type StoredEvidence } from './evidence-place.ts'
import { putWithBlobs } from './put-with-blobs.ts'
import { wireFormat } from './wire-format.ts'
import { writeBlob } from './write-blob.ts'

/** The list of an image's referrers. */
export interface ReferrerPlace extends EvidencePlace {
  /**
   * Stores a Sigstore bundle as a referrer, in the form of cosign v3: one layer, an empty config that carries the
   * artifact type too (cosign's clean-up looks there), no tag.
   */
  add(signed: SignedStatement, signal: AbortSignal | undefined): Promise<StoredEvidence>
}

/** Options of {@link createReferrerPlace}. */
export interface ReferrerPlaceOptions {
  readonly createdAt: Date
  /** As in `AttachOptions`. */
  readonly settleMs: number
}

interface StoredBundle {
  readonly bundle: Uint8Array
  readonly manifest: RawManifest
}

const emptyConfig = Buffer.from('{}')
/**
 * A registry that keeps the list reads and writes it within one request; it takes a fraction of what a client takes
 * between two. Some lose an entry when two requests do so at the same time (olareg 0.2).
 */
const registryShare = 4

/** Creates the place that stands for the referrers of an image. */
export function createReferrerPlace(
  repository: Repository,
  subject: Descriptor,
  { createdAt, settleMs }: ReferrerPlaceOptions,
): ReferrerPlace {
  const own = new Map<Digest, StoredBundle>()
  let slowestMs = 0
  let atRisk = false

  const put = async ({ bundle, manifest }: StoredBundle, signal: AbortSignal | undefined): Promise<void> => {
    await putWithBlobs(async () => {
      await Promise.all([
        writeBlob(repository, mediaTypes.ociEmpty, emptyConfig, signal),
        writeBlob(repository, wireFormat.bundle, bundle, signal),
      ])
      const startedAt = performance.now()
      await repository.putManifest(manifest, { settle: false, signal })
      slowestMs = Math.max(slowestMs, performance.now() - startedAt)
    }, signal)
    atRisk = true
  }
  return {
    async add({ bundle, statement }, signal) {
      const layer = { mediaType: wireFormat.bundle, digest: digestOf(bundle), size: bundle.byteLength }
      const manifest = describeBundle(subject, layer, statement.predicateType, createdAt)
      const stored = { bundle, manifest }
      await put(stored, signal)
      own.set(manifest.descriptor.digest, stored)
      return { manifest: manifest.descriptor.digest, blob: layer.digest }
    },
    atRiskMs() {
      if (!atRisk || settleMs === 0) return 0
      const { referrersKeptBy, conditionalWrites } = isRegistryRepository(repository)
        ? repository.observed()
        : { referrersKeptBy: 'unknown', conditionalWrites: 'unknown' }
      if (referrersKeptBy === 'registry') return Math.max(settleMs / registryShare, slowestMs * settleFactor)
      return conditionalWrites === 'yes' ? 0 : Math.max(settleMs, slowestMs * settleFactor)
    },
    async restore(signal) {
      const { entries, complete } = await repository.listReferrerEntries(subject.digest, { signal })
      const listed = new Set(entries.map(({ digest }) => digest))
      // In a list that is too long to be read, what is missing can't be told.
      const missing = complete ? [...own].filter(([digest]) => !listed.has(digest)) : []
      atRisk = false
      // In their order: who reads meanwhile must not find a summary without the evidence that it names.
      for (const [, stored] of missing) await put(stored, signal)
      return missing.length > 0
    },
  }
}

function describeBundle(
  { mediaType, digest, size }: Descriptor,
  layer: Descriptor,
  predicateType: string,
  createdAt: Date,
): RawManifest {
  const config = {
    mediaType: mediaTypes.ociEmpty,
    digest: digestOf(emptyConfig),
    size: emptyConfig.byteLength,
  }
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: wireFormat.bundle,
      config: { ...config, artifactType: wireFormat.bundle },
      layers: [layer],
      subject: { mediaType, digest, size },
      annotations: {
        [wireFormat.annotations.created]: createdAt.toISOString().replace(/\.\d{3}Z$/, 'Z'),
        [wireFormat.annotations.bundleContent]: 'dsse-envelope',
        [wireFormat.annotations.bundlePredicateType]: predicateType,
      },
    }),
  )
  return {
    bytes,
    descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength },
  }
}
