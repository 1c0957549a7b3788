import { setTimeout as delay } from 'node:timers/promises'
import {
  type Descriptor,
  type Digest,
  digestOf,
  type ImageManifest,
  isSallyportError,
  mediaTypes,
  type RawManifest,
} from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import type { StoredEvidence } from './attach-bundle.ts'
import { legacyTag } from './legacy-tag.ts'
import { parseArtifactManifest } from './parse-artifact-manifest.ts'
import { maxLegacyLayers } from './wire-format.ts'
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
  /** Pause between writing and reading back, in milliseconds. */
  readonly settleMs: number
  readonly signal?: AbortSignal | undefined
}

const maxAttempts = 8

/**
 * Appends a layer to the manifest under the `.sig` or `.att` tag of an image. Someone else may append at the same time
 * and registries do not tell: a writer that read before us may write after us. So the tag is read back after a pause,
 * and written again until the layer is in it.
 *
 * @throws {AttestError} `STORE_CONFLICT` when the layer is still missing after several attempts, or when the tag
 *   holds something else.
 * @throws {AttestError} `LIMIT_EXCEEDED` when the manifest has as many layers as readers look at.
 */
export async function attachLegacy(
  repository: Repository,
  subject: Digest,
  { suffix, mediaType, bytes, annotations }: LegacyLayer,
  { settleMs, signal }: AttachLegacyOptions,
): Promise<StoredEvidence> {
  const tag = legacyTag(subject, suffix)
  const layer: Descriptor = { ...(await writeBlob(repository, mediaType, bytes, signal)), annotations }
  for (let attempt = 0; ; attempt++) {
    signal?.throwIfAborted()
    const { digest, manifest } = await readTag(repository, tag, signal)
    const layers = manifest?.layers ?? []
    if (digest !== undefined && layers.some((other) => isSame(other, layer))) {
      return { manifest: digest, blob: layer.digest }
    }
    if (attempt === maxAttempts) break
    if (layers.length >= maxLegacyLayers) {
      throw new AttestError('LIMIT_EXCEEDED', `${tag} has ${layers.length} layers; readers look at no more`)
    }
    const appended = await buildManifest(repository, manifest, layer, signal)
    try {
      await repository.putManifest(appended, { tag, expected: digest ?? 'absent', signal })
    } catch (error) {
      // Another writer was faster, and the registry said so.
      if (!isSallyportError(error) || error.code !== 'TAG_CONFLICT') throw error
    }
    // Of uneven length, so that two writers do not keep step.
    if (settleMs > 0) await settle(settleMs * (1 + Math.random()), signal)
  }
  throw new AttestError(
    'STORE_CONFLICT',
    `${repository.name}:${tag} was overwritten ${maxAttempts} times by others`,
  )
}

/** Waits; aborted, it rejects with the signal's reason. */
async function settle(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, { signal })
  } catch (error) {
    signal?.throwIfAborted()
    throw error
  }
}

interface TaggedManifest {
  readonly digest?: Digest | undefined
  readonly manifest?: ImageManifest | undefined
}

async function readTag(
  repository: Repository,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<TaggedManifest> {
  const raw = await repository.findManifest(tag, { signal })
  if (!raw) return {}
  const manifest = parseArtifactManifest(raw)
  if (!manifest)
    throw new AttestError('STORE_CONFLICT', `${repository.name}:${tag} is something else than evidence`)
  return { digest: raw.descriptor.digest, manifest }
}

function isSame(one: Descriptor, other: Descriptor): boolean {
  const texts = [one, other].map(({ annotations = {} }) => JSON.stringify(Object.entries(annotations).sort()))
  return one.digest === other.digest && one.mediaType === other.mediaType && texts[0] === texts[1]
}

/** The manifest and its config: an image config whose layers are the documents, as cosign writes it. */
async function buildManifest(
  repository: Repository,
  existing: ImageManifest | undefined,
  layer: Descriptor,
  signal: AbortSignal | undefined,
): Promise<RawManifest> {
  const layers = [...(existing?.layers ?? []), layer]
  const configBytes = Buffer.from(
    JSON.stringify({
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: layers.map(() => ({ created: '0001-01-01T00:00:00Z' })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      config: {},
    }),
  )
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: await writeBlob(repository, mediaTypes.ociConfig, configBytes, signal),
    layers,
    ...(existing?.annotations ? { annotations: existing.annotations } : {}),
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  return {
    bytes,
    descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength },
  }
}
