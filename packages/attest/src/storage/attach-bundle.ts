import { type Descriptor, type Digest, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { SignedStatement } from '../statement/sign-statement.ts'
import { putWithBlobs } from './put-with-blobs.ts'
import { writeBlob } from './write-blob.ts'
import { wireFormat } from './wire-format.ts'

const emptyConfig = Buffer.from('{}')

/** What was stored. */
export interface StoredEvidence {
  readonly manifest: Digest
  readonly blob: Digest
}

/**
 * Stores a Sigstore bundle as a referrer of its subject, in the form of cosign v3: one layer, an empty config that
 * carries the artifact type too (cosign's clean-up looks there), no tag.
 */
export async function attachBundle(
  repository: Repository,
  subject: Descriptor,
  { bundle, statement }: SignedStatement,
  { createdAt, signal }: { readonly createdAt: Date; readonly signal?: AbortSignal | undefined },
): Promise<StoredEvidence> {
  return putWithBlobs(async () => {
    const config = await writeBlob(repository, mediaTypes.ociEmpty, emptyConfig, signal)
    const layer = await writeBlob(repository, wireFormat.bundle, bundle, signal)
    const bytes = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType: wireFormat.bundle,
        config: { ...config, artifactType: wireFormat.bundle },
        layers: [layer],
        subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
        annotations: {
          [wireFormat.annotations.created]: createdAt.toISOString().replace(/\.\d{3}Z$/, 'Z'),
          [wireFormat.annotations.bundleContent]: 'dsse-envelope',
          [wireFormat.annotations.bundlePredicateType]: statement.predicateType,
        },
      }),
    )
    const manifest: RawManifest = {
      bytes,
      descriptor: { mediaType: mediaTypes.ociManifest, digest: digestOf(bytes), size: bytes.byteLength },
    }
    await repository.putManifest(manifest, { signal })
    return { manifest: manifest.descriptor.digest, blob: layer.digest }
  }, signal)
}
