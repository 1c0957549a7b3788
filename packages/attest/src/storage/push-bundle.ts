import { type Descriptor, digestOf, mediaTypes, type RawManifest } from '@sallyport/core'
import type { Repository } from '@sallyport/oci'
import { AttestError } from '../errors.ts'
import type { SignedStatement } from '../statement/sign-statement.ts'
import type { AttachedEvidence, AttachOptions } from './attach-options.ts'
import { pushBlob } from './push-blob.ts'
import { settle } from './settle.ts'
import { wireFormat } from './wire-format.ts'

const attempts = 5

/**
 * Stores a bundle as a referrer of the image, in the form that cosign 3 writes and reads.
 *
 * @throws {AttestError} `STORE_CONFLICT` when the registry does not list it afterwards.
 */
export async function pushBundle(
  repository: Repository,
  subject: Descriptor,
  { bundle, statement }: SignedStatement,
  { createdAt, settleMs = 50, signal }: Pick<AttachOptions, 'createdAt' | 'settleMs' | 'signal'>,
): Promise<AttachedEvidence> {
  const config = await pushBlob(repository, mediaTypes.ociEmpty, Buffer.from('{}'), { signal })
  const layer = await pushBlob(repository, wireFormat.bundle, bundle, { signal })
  const manifest = createBundleManifest(subject, config, layer, {
    [wireFormat.annotations.created]: createdAt.toISOString().replace(/\.\d{3}Z$/, 'Z'),
    [wireFormat.annotations.bundleContent]: 'dsse-envelope',
    [wireFormat.annotations.bundlePredicateType]: statement.predicateType,
  })
  const { digest } = manifest.descriptor
  for (let attempt = 1; attempt <= attempts; attempt++) {
    await repository.putManifest(manifest, { signal })
    // Where the registry has no referrers API the list is a tag, which another writer may just have replaced.
    const referrers = await repository.listReferrers(subject.digest, { signal })
    if (referrers.some((referrer) => referrer.digest === digest)) {
      return { store: 'bundle', manifest: digest, blob: layer.digest, existing: false }
    }
    await settle(settleMs * attempt, signal)
  }
  throw new AttestError(
    'STORE_CONFLICT',
    `${repository.name}: ${digest} was stored, but is not listed as a referrer of ${subject.digest}`,
    { retryable: true },
  )
}

function createBundleManifest(
  { mediaType, digest, size }: Descriptor,
  config: Descriptor,
  layer: Descriptor,
  annotations: Readonly<Record<string, string>>,
): RawManifest {
  const bytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: mediaTypes.ociManifest,
      artifactType: wireFormat.bundle,
      // cosign finds what it may clean up by the type in the config's descriptor.
      config: { ...config, artifactType: wireFormat.bundle },
      layers: [layer],
      subject: { mediaType, digest, size },
      annotations,
    }),
  )
  return {
    descriptor: {
      mediaType: mediaTypes.ociManifest,
      digest: digestOf(bytes),
      size: bytes.byteLength,
      artifactType: wireFormat.bundle,
      annotations,
    },
    bytes,
  }
}
