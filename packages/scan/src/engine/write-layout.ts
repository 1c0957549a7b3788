import { createHash } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Digest } from '@sallyport/core'

/** An image that was written. */
export interface WrittenLayout {
  readonly subject: Digest
  readonly config: Digest
  readonly diffIds: readonly Digest[]
}

/** Writes a one-image OCI layout with one uncompressed layer a file map (path without leading slash → content). */
export async function writeLayout(
  directory: string,
  layers: readonly Readonly<Record<string, string | Uint8Array>>[],
): Promise<WrittenLayout> {
  await mkdir(join(directory, 'blobs/sha256'), { recursive: true })
  const store = async (content: Uint8Array, mediaType: string) => {
    const digest: Digest = `sha256:${createHash('sha256').update(content).digest('hex')}`
    await writeFile(join(directory, 'blobs/sha256', digest.slice(7)), content)
    return { mediaType, digest, size: content.byteLength }
  }
  const descriptors = []
  for (const files of layers) {
    descriptors.push(await store(tar(files), 'application/vnd.oci.image.layer.v1.tar'))
  }
  const diffIds = descriptors.map((layer) => layer.digest)
  const config = await store(
    json({
      architecture: 'amd64',
      os: 'linux',
      config: {},
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: diffIds.map((_, index) => ({ created_by: `layer ${index}` })),
    }),
    'application/vnd.oci.image.config.v1+json',
  )
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const manifest = await store(json({ schemaVersion: 2, mediaType, config, layers: descriptors }), mediaType)
  await writeFile(join(directory, 'oci-layout'), json({ imageLayoutVersion: '1.0.0' }))
  await writeFile(join(directory, 'index.json'), json({ schemaVersion: 2, manifests: [manifest] }))
  return { subject: manifest.digest, config: config.digest, diffIds }
}

function json(value: unknown): Uint8Array {
  return Buffer.from(JSON.stringify(value))
}

/** A minimal ustar archive. */
function tar(files: Readonly<Record<string, string | Uint8Array>>): Uint8Array {
  const blocks: Uint8Array[] = []
  for (const [path, text] of Object.entries(files)) {
    const content = Buffer.from(text)
    blocks.push(tarHeader(path, content.length), content, Buffer.alloc((512 - (content.length % 512)) % 512))
  }
  return Buffer.concat([...blocks, Buffer.alloc(1024)])
}

/** The ustar header of a regular file of less than 8 GiB, with a path of at most 100 bytes. */
export function tarHeader(path: string, size: number): Uint8Array {
  if (Buffer.byteLength(path) > 100) throw new RangeError(`a path too long for a tar header: ${path}`)
  const header = Buffer.alloc(512)
  header.write(path, 0, 100)
  header.write('0000644\u00000000000\u00000000000\0', 100)
  header.write(`${size.toString(8).padStart(11, '0')}\u000000000000000\0`, 124)
  header.write('        0', 148)
  header.write('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
