import { type Descriptor, type Digest, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import { isRegistryRepository, type Repository } from '@sallyport/oci'
import type { SignedStatement } from '../statement/sign-statement.ts'
import { type EvidencePlace, settleFactor, type StoredEvidence } from './evidence-place.ts'
import { putWithBlobs } from './put-with-blobs.ts'
import { runAll } from './run-all.ts'
import { wireFormat } from './wire-format.ts'
import { writeBlob } from './write-blob.ts'

/** The list of an image's referrers. */
export interface ReferrerPlace extends EvidencePlace {
  /**
   * Stores Sigstore bundles as referrers, in the form of cosign v3: one layer, an empty config that carries the artifact
   * type too (cosign's clean-up looks there), no tag. Their manifests follow when all blobs are stored, so that a list
   * under a tag is written once.
   */
  add(signed: readonly SignedStatement[], signal: AbortSignal | undefined): Promise<readonly StoredEvidence[]>
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

  const putManifest = async (
    { bundle, manifest }: StoredBundle,
    signal: AbortSignal | undefined,
  ): Promise<void> => {
    let isFirst = true
    await putWithBlobs(async () => {
      if (!isFirst) {
        await writeBlob(repository, mediaTypes.ociEmpty, emptyConfig, { signal })
        await writeBlob(repository, wireFormat.bundle, bundle, { signal })
      }
      isFirst = false
      const startedAt = performance.now()
      await repository.putManifest(manifest, { settle: false, signal })
      slowestMs = Math.max(slowestMs, performance.now() - startedAt)
    }, signal)
    atRisk = true
  }
  const put = async (
    bundles: readonly StoredBundle[],
    signal: AbortSignal | undefined,
    { isNew }: { readonly isNew: boolean },
  ): Promise<void> => {
    await runAll([
      () => writeBlob(repository, mediaTypes.ociEmpty, emptyConfig, { signal }),
      ...bundles.map(
        ({ bundle }) =>
          () =>
            writeBlob(repository, wireFormat.bundle, bundle, { isNew, signal }),
      ),
    ])
    await runAll(bundles.map((stored) => () => putManifest(stored, signal)))
  }
  return {
    async add(signed, signal) {
      const added = signed.map(({ bundle, statement }) => {
        const layer = { mediaType: wireFormat.bundle, digest: digestOf(bundle), size: bundle.byteLength }
        return {
          bundle,
          blob: layer.digest,
          manifest: describeBundle(subject, layer, statement.predicateType, createdAt),
        }
      })
      await put(added, signal, { isNew: true })
      for (const { bundle, manifest } of added) own.set(manifest.descriptor.digest, { bundle, manifest })
      return added.map(({ blob, manifest }) => ({ manifest: manifest.descriptor.digest, blob }))
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
      for (const [, stored] of missing) await put([stored], signal, { isNew: false })
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
