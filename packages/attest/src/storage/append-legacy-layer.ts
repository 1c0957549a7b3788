import { type Descriptor, type Digest, digestOf, type ImageManifest, mediaTypes, type RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import type { AttachedEvidence, AttachOptions } from './attach-options.ts'
import { legacyTag } from './legacy-tag.ts'
import { parseArtifactManifest } from './parse-artifact-manifest.ts'
import { pushBlob } from './push-blob.ts'
import { settle } from './settle.ts'
import { maxLegacyLayers, wireFormat } from './wire-format.ts'

const attempts = 40
const minSettleMs = 50

/** A signature or attestation as a layer of a `.sig` or `.att` manifest. */
export interface LegacyLayer {
  readonly store: 'legacy-signature' | 'legacy-attestation'
  readonly mediaType: string
  readonly content: Uint8Array
  readonly annotations: Readonly<Record<string, string>>
}

/**
 * Appends a layer to the `.sig` or `.att` manifest of an image and keeps every other layer.
 *
 * The protocol can't replace a tag on a condition. So each writer reads the tag immediately before it writes, waits
 * for longer than such a write takes, and looks whether its layer survived; one that another writer replaced is
 * merged into what is there then.
 *
 * @throws {AttestError} `STORE_CONFLICT` when the tag holds something else, or other writers never let it settle.
 * @throws {AttestError} `LIMIT_EXCEEDED` when the manifest has as many layers as readers look at.
 */
export async function appendLegacyLayer(
  repository: Repository,
  subject: Digest,
  { store, mediaType, content, annotations }: LegacyLayer,
  { settleMs, signal }: Pick<AttachOptions, 'settleMs' | 'signal'>,
): Promise<AttachedEvidence> {
  const tag = legacyTag(subject, store === 'legacy-signature' ? 'sig' : 'att')
  const layer: Descriptor = { ...(await pushBlob(repository, mediaType, content, { signal })), annotations }
  // Writers that collide must not stay in step; part of a digest spreads them without a source of randomness.
  const spread = 1 + Number.parseInt(digestOf(layerIdentity(layer)).slice(-2), 16) / 255
  for (let attempt = 0; attempt < attempts; attempt++) {
    const started = performance.now()
    await write(repository, tag, layer, signal)
    const elapsed = performance.now() - started
    await settle(settleMs ?? Math.max(minSettleMs, 3 * elapsed) * spread, signal)
    const { raw, manifest } = (await readLegacy(repository, tag, signal)) ?? {}
    if (raw !== undefined && manifest !== undefined && hasLayer(manifest, layer)) {
      return { store, manifest: raw.descriptor.digest, blob: layer.digest, existing: false }
    }
  }
  throw new AttestError('STORE_CONFLICT', `${repository.name}:${tag} was replaced by other writers ${attempts} times`, {
    retryable: true,
  })
}

async function write(
  repository: Repository,
  tag: string,
  layer: Descriptor,
  signal: AbortSignal | undefined,
): Promise<void> {
  // The config depends on what is there, and is pushed before the second read, to keep the gap short that another
  // writer could fall into.
  for (let before = await readLegacy(repository, tag, signal); ; ) {
    if (before !== undefined && hasLayer(before.manifest, layer)) return
    const next = await createLegacyManifest(repository, tag, before?.manifest, layer, signal)
    const now = await readLegacy(repository, tag, signal)
    if (now?.raw.descriptor.digest === before?.raw.descriptor.digest) {
      return repository.putManifest(next, { tag, signal })
    }
    before = now
  }
}

async function readLegacy(
  repository: Repository,
  tag: string,
  signal: AbortSignal | undefined,
): Promise<{ readonly raw: RawManifest; readonly manifest: ImageManifest } | undefined> {
  const raw = await repository.findManifest(tag, { signal })
  if (raw === undefined) return undefined
  const manifest = parseArtifactManifest(raw)
  if (manifest !== undefined) return { raw, manifest }
  throw new AttestError('STORE_CONFLICT', `${repository.name}:${tag} holds something that is not a manifest of layers`)
}

async function createLegacyManifest(
  repository: Repository,
  tag: string,
  existing: ImageManifest | undefined,
  layer: Descriptor,
  signal: AbortSignal | undefined,
): Promise<RawManifest> {
  const layers = [...(existing?.layers ?? []), layer]
  if (layers.length > maxLegacyLayers) {
    throw new AttestError('LIMIT_EXCEEDED', `${repository.name}:${tag} has ${maxLegacyLayers} layers already`)
  }
  const mediaType = existing?.mediaType ?? mediaTypes.ociManifest
  // An image config without an image: old clients accept nothing else.
  const config = Buffer.from(
    JSON.stringify({
      architecture: '',
      created: '0001-01-01T00:00:00Z',
      history: layers.map(() => ({ created: '0001-01-01T00:00:00Z' })),
      os: '',
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
      config: {},
    }),
  )
  const configBlob = await pushBlob(repository, existing?.config.mediaType ?? mediaTypes.ociConfig, config, { signal })
  const bytes = Buffer.from(JSON.stringify({ ...existing, schemaVersion: 2, mediaType, config: configBlob, layers }))
  return { descriptor: { mediaType, digest: digestOf(bytes), size: bytes.byteLength }, bytes }
}

function hasLayer({ layers }: ImageManifest, wanted: Descriptor): boolean {
  const identity = layerIdentity(wanted)
  return layers.some((layer) => layerIdentity(layer) === identity)
}

/** Signatures of several keys over one payload are layers of the same digest; the annotation tells them apart. */
function layerIdentity({ digest, annotations }: Descriptor): string {
  return `${digest} ${annotations?.[wireFormat.annotations.signature] ?? ''}`
}
