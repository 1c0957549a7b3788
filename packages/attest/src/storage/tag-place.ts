import type { Descriptor, Digest } from '@sallyport/core'
import { isRegistryRepository, type Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import { mapConcurrent } from '../internal/map-concurrent.ts'
import { layerIdentity } from './ensure-layers.ts'
import { type EvidencePlace, settleFactor, type StoredEvidence } from './evidence-place.ts'
import { ensureQueued } from './layer-queue.ts'
import { writeBlob } from './write-blob.ts'
import { isSigned, maxLegacyLayers, maxLegacyManifestBytes } from './wire-format.ts'

/** A signature or attestation in cosign's older format. */
export interface LegacyLayer {
  readonly suffix: 'sig' | 'att'
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly annotations: Readonly<Record<string, string>>
}

/** A `.sig` or `.att` tag of an image. */
export interface TagPlace extends EvidencePlace {
  /**
   * Appends layers to the manifest under the tag, in one write.
   *
   * @throws {AttestError} `STORE_CONFLICT` when the tag holds something else, or others overwrite it again and again.
   * @throws {AttestError} `LIMIT_EXCEEDED` when the manifest has as many layers as readers look at, or bytes as registries take.
   */
  add(layers: readonly LegacyLayer[], signal: AbortSignal | undefined): Promise<readonly StoredEvidence[]>
}

const concurrency = 4

/** Creates the place that stands for a tag; `settleMs` as in `AttachOptions`. */
export function createTagPlace(repository: Repository, tag: string, settleMs: number): TagPlace {
  const own = new Map<string, Descriptor>()
  let seen: ReadonlyMap<string, Descriptor> = new Map()
  let slowestMs = 0
  let atRisk = false

  const ensure = async (
    signal: AbortSignal | undefined,
  ): Promise<{ readonly manifest: Digest; readonly refused: ReadonlySet<string> }> => {
    const wanted = { own: new Map(own), others: seen, settleMs }
    const ensured = await ensureQueued(repository, tag, wanted, signal)
    atRisk = [...wanted.own.keys(), ...wanted.others.keys()].some((key) => ensured.written.has(key))
    seen = ensured.layers
    slowestMs = Math.max(slowestMs, ensured.slowestMs)
    return ensured
  }
  return {
    async add(layers, signal) {
      const added = await mapConcurrent(layers, concurrency, async ({ mediaType, bytes, annotations }) => ({
        ...(await writeBlob(repository, mediaType, bytes, { isNew: isSigned(mediaType), signal })),
        annotations,
      }))
      for (const layer of added) own.set(layerIdentity(layer), layer)
      const { manifest, refused } = await ensure(signal)
      if (added.some((layer) => refused.has(layerIdentity(layer))))
        throw new AttestError(
          'LIMIT_EXCEEDED',
          `${tag} has no room: a manifest holds at most ${maxLegacyLayers} layers and ${maxLegacyManifestBytes} bytes`,
        )
      return added.map(({ digest }) => ({ manifest, blob: digest }))
    },
    atRiskMs() {
      if (!atRisk || settleMs === 0) return 0
      // Whoever rests on an old state is refused, so that nothing written under a condition is ever lost.
      const refusesLate =
        isRegistryRepository(repository) && repository.observed().conditionalWrites === 'yes'
      return refusesLate ? 0 : Math.max(settleMs, slowestMs * settleFactor)
    },
    async restore(signal) {
      await ensure(signal)
      return atRisk
    },
  }
}
