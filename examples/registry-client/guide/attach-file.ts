import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { type Descriptor, digestOf, mediaTypes, toDigest } from '@sallyport/core'
import { type Repository, toRawManifest } from '@sallyport/oci'

/** Attaches a file to an image, in the form that oras and regctl use. */
export async function attachFile(
  repository: Repository,
  subject: Descriptor,
  path: string,
  artifactType: string,
): Promise<Descriptor> {
  const hash = createHash('sha256')
  let size = 0
  for await (const part of createReadStream(path)) {
    hash.update(part)
    size += part.length
  }
  const file: Descriptor = {
    mediaType: artifactType,
    digest: toDigest(hash),
    size,
    annotations: { 'org.opencontainers.image.title': basename(path) },
  }
  const config: Descriptor = { mediaType: mediaTypes.ociEmpty, digest: digestOf('{}'), size: 2 }

  await repository.write(file, {
    [Symbol.asyncIterator]: () => createReadStream(path)[Symbol.asyncIterator](),
  })
  await repository.write(config, ReadableStream.from([Buffer.from('{}')]))
  const { mediaType, digest, size: subjectSize } = subject
  const manifest = toRawManifest(
    Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: mediaTypes.ociManifest,
        artifactType,
        config,
        layers: [file],
        subject: { mediaType, digest, size: subjectSize },
        annotations: { 'org.opencontainers.image.created': new Date().toISOString() },
      }),
    ),
  )
  await repository.putManifest(manifest)
  return { ...manifest.descriptor, artifactType }
}
