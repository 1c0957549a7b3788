import { type Descriptor, type Digest, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import type { SignedStatement } from '../statement/sign-statement.ts'
import { AttestError } from '../errors.ts'
import { pause } from '../internal/pause.ts'
import { putWithBlobs } from './put-with-blobs.ts'
import { writeBlob } from './write-blob.ts'
import { wireFormat } from './wire-format.ts'

const emptyConfig = Buffer.from('{}')

const maxAttempts = 8

/** Options of {@link attachBundle}. */
export interface AttachBundleOptions {
  readonly createdAt: Date
  /** Shortest pause between writing and looking for it, in milliseconds; 0 where nobody else writes. */
  readonly settleMs: number
  readonly signal?: AbortSignal | undefined
}

/** What was stored. */
export interface StoredEvidence {
  readonly manifest: Digest
  readonly blob: Digest
}

/**
 * Stores a Sigstore bundle as a referrer of its subject, in the form of cosign v3: one layer, an empty config that
 * carries the artifact type too (cosign's clean-up looks there), no tag. Registries have lost an entry of their own
 * lists when two came at once (olareg 0.2), so after a pause it is looked for, and stored again until it is listed.
 *
 * @throws {AttestError} `STORE_CONFLICT` when it is not listed after several attempts.
 */
export async function attachBundle(
  repository: Repository,
  subject: Descriptor,
  { bundle, statement }: SignedStatement,
  { createdAt, settleMs, signal }: AttachBundleOptions,
): Promise<StoredEvidence> {
  const store = async (): Promise<StoredEvidence> => {
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
  }
  for (let attempt = 0; attempt < maxAttempts; attempt++) {
    const stored = await putWithBlobs(store, signal)
    if (settleMs === 0) return stored
    await pause(settleMs * 2 ** Math.min(attempt, 4) * (1 + Math.random()), signal)
    const { entries, complete } = await repository.listReferrerEntries(subject.digest, { signal })
    const isListed = !complete || entries.some(({ digest }) => digest === stored.manifest)
    if (isListed && (await repository.findManifest(stored.manifest, { signal })) !== undefined) return stored
  }
  throw new AttestError(
    'STORE_CONFLICT',
    `${repository.name}: the bundle is stored, but others displaced it from the list of referrers ${maxAttempts} times; try again`,
  )
}
