import type { Descriptor, Digest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { appendQueued } from './append-queue.ts'
import type { StoredEvidence } from './attach-bundle.ts'
import { legacyTag } from './legacy-tag.ts'
import { writeBlob } from './write-blob.ts'

/** A signature or attestation in cosign's older format. */
export interface LegacyLayer {
  readonly suffix: 'sig' | 'att'
  readonly mediaType: string
  readonly bytes: Uint8Array
  readonly annotations: Readonly<Record<string, string>>
}

/** Options of {@link attachLegacy}. */
export interface AttachLegacyOptions {
  /** Shortest pause between writing and reading back, in milliseconds. */
  readonly settleMs: number
  readonly signal?: AbortSignal | undefined
}

/**
 * Appends a layer to the manifest under the `.sig` or `.att` tag of an image, so that no writer's layer is lost.
 *
 * @throws {AttestError} `STORE_CONFLICT` when the tag holds something else, or others overwrite it again and again.
 * @throws {AttestError} `LIMIT_EXCEEDED` when the manifest has as many layers as readers look at.
 */
export async function attachLegacy(
  repository: Repository,
  subject: Digest,
  { suffix, mediaType, bytes, annotations }: LegacyLayer,
  { settleMs, signal }: AttachLegacyOptions,
): Promise<StoredEvidence> {
  const layer: Descriptor = { ...(await writeBlob(repository, mediaType, bytes, signal)), annotations }
  const manifest = await appendQueued(repository, legacyTag(subject, suffix), layer, { settleMs, signal })
  return { manifest, blob: layer.digest }
}
