import type { BlobReader, ImageManifest } from '@sallyport/core'
import type { ImageConfig } from '@sallyport/image'
import { GateError } from '../errors.ts'

const maxConfigBytes = 4 * 1024 * 1024

/** Reads and parses an image's config. */
export async function readImageConfig(
  blobs: BlobReader,
  { config }: ImageManifest,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<ImageConfig> {
  if (config.size > maxConfigBytes) {
    throw new GateError(
      'STEP_FAILED',
      `config ${config.digest}: ${config.size} bytes; at most ${maxConfigBytes}`,
      {
        step: 'resolve',
      },
    )
  }
  const chunks: Uint8Array[] = []
  for await (const chunk of blobs.open(config, { signal })) chunks.push(chunk)
  const { imageConfigSchema } = await import('@sallyport/image')
  try {
    return imageConfigSchema.parse(JSON.parse(Buffer.concat(chunks).toString('utf8')))
  } catch (cause) {
    throw new GateError('STEP_FAILED', `config ${config.digest} is not the config of an image`, {
      cause,
      step: 'resolve',
      side: 'source',
    })
  }
}
