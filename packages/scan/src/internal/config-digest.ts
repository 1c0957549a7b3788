import { join } from 'node:path'
import { type Digest, digestAlgorithm, digestHex, digestOf, isDigest, mediaTypes } from '@sallyport/core'
import { z } from 'zod'
import { ScanError } from '../errors.ts'
import { readLimited } from './read-limited.ts'

const manifestSchema = z.object({
  mediaType: z.string().optional(),
  config: z.object({ digest: z.custom<Digest>(isDigest) }),
})
const maxManifestBytes = 4 * 1024 * 1024

/** What scanners want to know of an image manifest. */
export interface LayoutManifest {
  readonly mediaType: string
  /** Digest of the image's config; scanners name an image by it. */
  readonly config: Digest
}

/** Digest of the config of the image manifest `subject` in an OCI layout; throws what {@link readLayoutManifest} throws. */
export async function readConfigDigest(layoutDirectory: string, subject: Digest): Promise<Digest> {
  return (await readLayoutManifest(layoutDirectory, subject)).config
}

/**
 * Reads the image manifest `subject` in an OCI layout.
 *
 * @throws {ScanError} `SUBJECT_MISMATCH` when the layout does not hold that manifest, or holds other bytes under its name.
 */
export async function readLayoutManifest(layoutDirectory: string, subject: Digest): Promise<LayoutManifest> {
  const path = join(layoutDirectory, 'blobs', digestAlgorithm(subject), digestHex(subject))
  let bytes: Uint8Array
  try {
    bytes = await readLimited(path, maxManifestBytes)
  } catch (cause) {
    throw new ScanError('SUBJECT_MISMATCH', `${layoutDirectory} holds no readable manifest ${subject}`, {
      cause,
    })
  }
  if (digestOf(bytes, digestAlgorithm(subject)) !== subject) {
    throw new ScanError(
      'SUBJECT_MISMATCH',
      `${layoutDirectory}: the bytes of ${subject} hash to something else`,
    )
  }
  let value: unknown
  try {
    value = JSON.parse(Buffer.from(bytes).toString('utf8'))
  } catch {
    value = undefined
  }
  const manifest = manifestSchema.safeParse(value)
  if (!manifest.success)
    throw new ScanError('SUBJECT_MISMATCH', `${subject} is no image manifest with a config`)
  const { config, mediaType = mediaTypes.ociManifest } = manifest.data
  return { config: config.digest, mediaType }
}
