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

const maxAttempts = 8

/**
 * Appends a layer to the manifest under the `.sig` or `.att` tag of an image. Someone else may append at the same time
 * and registries need not tell: the tag is read back, and written again until the layer is in it.
 *
 * @throws {AttestError} `STORE_CONFLICT` when the layer is still missing after several attempts, or when the tag
 *   holds something else.
 * @throws {AttestError} `LIMIT_EXCEEDED` when the manifest has as many layers as readers look at.
 */
export async function attachLegacy(
  repository: Repository,
  subject: Digest,
  { suffix, mediaType, bytes, annotations }: LegacyLayer,
  signal: AbortSignal | undefined,
): Promise<StoredEvidence> {
  const tag = legacyTag(subject, suffix)
  const layer: Descriptor = { ...(await writeBlob(repository, mediaType, bytes, signal)), annotations }
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    signal?.throwIfAborted()
    const layers = await readLayers(repository, tag, signal)
    if (layers.some((other) => isSame(other, layer))) {
      const current = await repository.getManifest(tag, { signal })
      return { manifest: current.descriptor.digest, blob: layer.digest }
    }
    if (layers.length >= maxLegacyLayers) {
      throw new AttestError('LIMIT_EXCEEDED', `${tag} has ${layers.length} layers; readers look at no more`)
    }
    try {
      await repository.putManifest(await buildManifest(repository, [...layers, layer], signal), {
        tag,
        signal,
      })
    } catch (error) {
      // Another writer was faster, and the registry said so.
      if (!isSallyportError(error) || error.code !== 'TAG_CONFLICT') throw error
    }
  }
  throw new AttestError(
    'STORE_CONFLICT',
    `${repository.name}:${tag} was overwritten ${maxAttempts} times by others`,
  )
}

async function readLayers(
  repository: Repository,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<readonly Descriptor[]> {
  const raw = await repository.findManifest(tag, { signal })
  if (!raw) return []
  const manifest = parseArtifactManifest(raw)
  if (!manifest)
    throw new AttestError('STORE_CONFLICT', `${repository.name}:${tag} is something else than evidence`)
  return manifest.layers
}

function isSame(one: Descriptor, other: Descriptor): boolean {
  const texts = [one, other].map(({ annotations = {} }) => JSON.stringify(Object.entries(annotations).sort()))
  return one.digest === other.digest && one.mediaType === other.mediaType && texts[0] === texts[1]
}

/** The manifest and its config: an image config whose layers are the documents, as cosign writes it. */
async function buildManifest(
  repository: Repository,
  layers: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<RawManifest> {
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
  const config = await writeBlob(repository, mediaTypes.ociConfig, configBytes, signal)
  const manifest: ImageManifest = { schemaVersion: 2, mediaType: mediaTypes.ociManifest, config, layers }
  const bytes = Buffer.from(JSON.stringify(manifest))
  return {
    bytes,
    descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength },
  }
}
