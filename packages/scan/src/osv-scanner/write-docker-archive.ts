import { type FileHandle, open, stat } from 'node:fs/promises'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { type Digest, digestAlgorithm, digestHex, digestOf, isDigest } from '@sallyport/core'
import { z } from 'zod'
import { tarHeader } from '../engine/write-layout.ts'
import { ScanError } from '../errors.ts'
import { readLimited } from '../internal/read-limited.ts'

const digest = z.custom<Digest>(isDigest)
const manifestSchema = z.object({
  config: z.object({ digest }),
  layers: z.array(z.object({ digest })).max(10_000),
})
const configSchema = z.object({ rootfs: z.object({ diff_ids: z.array(digest).max(10_000) }) })
const maxDocumentBytes = 8 * 1024 * 1024
/** What the size field of a tar header holds. */
const maxLayerBytes = 8 ** 11 - 1

/**
 * Writes the image `subject` of an OCI layout as a `docker save` archive, the one form that OSV-Scanner reads from a
 * file; returns the diff ids of its layers. Layers stay compressed as they are.
 *
 * @throws {ScanError} `SUBJECT_MISMATCH` when the layout does not hold that image, or holds other bytes under its name.
 * @throws {ScanError} `LIMIT_EXCEEDED` when a layer has 8 GiB or more.
 */
export async function writeDockerArchive(
  path: string,
  layoutDirectory: string,
  subject: Digest,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<readonly Digest[]> {
  const manifest = await readDocument(layoutDirectory, subject, manifestSchema)
  const config = await readDocument(layoutDirectory, manifest.value.config.digest, configSchema)
  await using archive = await open(path, 'wx')
  const configName = `${digestHex(manifest.value.config.digest)}.json`
  await add(archive, configName, config.bytes)
  const layers: string[] = []
  for (const [index, layer] of manifest.value.layers.entries()) {
    const blob = blobPath(layoutDirectory, layer.digest)
    const { size } = await stat(blob).catch((cause: unknown) => {
      throw new ScanError('SUBJECT_MISMATCH', `${layoutDirectory} lacks the layer ${layer.digest}`, { cause })
    })
    if (size > maxLayerBytes) {
      throw new ScanError(
        'LIMIT_EXCEEDED',
        `layer ${layer.digest} has ${size} bytes, at most ${maxLayerBytes} fit`,
      )
    }
    layers.push(`${index}.tar`)
    await archive.write(tarHeader(`${index}.tar`, size))
    for await (const chunk of createReadStream(blob)) {
      signal?.throwIfAborted()
      await archive.write(chunk as Buffer)
    }
    await archive.write(Buffer.alloc(-size & 511))
  }
  await add(
    archive,
    'manifest.json',
    Buffer.from(JSON.stringify([{ Config: configName, RepoTags: [], Layers: layers }])),
  )
  await archive.write(Buffer.alloc(1024))
  return config.value.rootfs.diff_ids
}

async function add(archive: FileHandle, name: string, content: Uint8Array): Promise<void> {
  await archive.write(tarHeader(name, content.byteLength))
  await archive.write(content)
  await archive.write(Buffer.alloc(-content.byteLength & 511))
}

function blobPath(layoutDirectory: string, name: Digest): string {
  return join(layoutDirectory, 'blobs', digestAlgorithm(name), digestHex(name))
}

async function readDocument<T>(
  layoutDirectory: string,
  name: Digest,
  schema: z.ZodType<T>,
): Promise<{ readonly bytes: Uint8Array; readonly value: T }> {
  try {
    const bytes = await readLimited(blobPath(layoutDirectory, name), maxDocumentBytes)
    if (digestOf(bytes, digestAlgorithm(name)) !== name) throw new Error('the bytes hash to something else')
    return { bytes, value: schema.parse(JSON.parse(Buffer.from(bytes).toString('utf8'))) }
  } catch (cause) {
    throw new ScanError('SUBJECT_MISMATCH', `${layoutDirectory} holds no readable ${name}`, { cause })
  }
}
