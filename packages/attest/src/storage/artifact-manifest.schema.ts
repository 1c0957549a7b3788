import { type Digest, type ImageManifest, isDigest } from '@sallyport/core'
import { z } from 'zod'

const annotations = z.record(z.string(), z.string())

// Loose, because a manifest that is written back must keep what others put into it.
const descriptor = z.looseObject({
  mediaType: z.string().max(1024),
  digest: z.custom<Digest>(isDigest, 'not a digest'),
  size: z.int().nonnegative(),
  artifactType: z.string().optional(),
  annotations: annotations.optional(),
})

const manifest = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor),
  subject: descriptor.optional(),
  annotations: annotations.optional(),
})

/** A manifest that carries signatures or attestations. */
export const artifactManifestSchema: z.ZodType<ImageManifest> =
  manifest as unknown as z.ZodType<ImageManifest>
