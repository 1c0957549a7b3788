import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  type Descriptor,
  type Digest,
  digestAlgorithm,
  digestHex,
  type Platform,
  type RawManifest,
} from '@sallyport/core'

/** Where a layout keeps a blob (OCI image specification, image-layout.md). */
export function layoutBlobPath(directory: string, digest: Digest): string {
  return join(directory, 'blobs', digestAlgorithm(digest), digestHex(digest))
}

/** Makes the folders of a layout. */
export async function createLayout(directory: string): Promise<void> {
  await mkdir(join(directory, 'blobs', 'sha256'), { recursive: true })
  await mkdir(join(directory, 'blobs', 'sha512'), { recursive: true })
  await writeFile(join(directory, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}')
}

/** Puts the manifest into a layout whose other blobs are there, and names it in the index. */
export async function finishLayout(directory: string, raw: RawManifest, platform: Platform): Promise<void> {
  const { mediaType, digest, size } = raw.descriptor
  const entry: Descriptor = { mediaType, digest, size, platform }
  await writeFile(layoutBlobPath(directory, digest), raw.bytes)
  await writeFile(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [entry] }))
}
