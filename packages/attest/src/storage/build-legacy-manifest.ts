import { type Descriptor, digestOf, type ImageManifest, mediaTypes, type RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { isSigned } from './wire-format.ts'
import { writeBlob } from './write-blob.ts'

/**
 * The manifest under a `.sig` or `.att` tag with more layers. Its config, which is stored, is an image config whose
 * layers are the documents, as cosign writes it.
 */
export async function buildLegacyManifest(
  repository: Repository,
  existing: ImageManifest | undefined,
  added: readonly Descriptor[],
  signal: AbortSignal | undefined,
): Promise<RawManifest> {
  const layers = [...(existing?.layers ?? []), ...added]
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
  const isNew = added.some(({ mediaType }) => isSigned(mediaType))
  const manifest: ImageManifest = {
    schemaVersion: 2,
    mediaType: mediaTypes.ociManifest,
    config: await writeBlob(repository, mediaTypes.ociConfig, configBytes, { isNew, signal }),
    layers,
    ...(existing?.annotations ? { annotations: existing.annotations } : {}),
  }
  const bytes = Buffer.from(JSON.stringify(manifest))
  return {
    bytes,
    descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength },
  }
}
