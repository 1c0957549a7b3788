import { type Descriptor, isDigest } from '@sallyport/core'
import * as z from 'zod'

const digest = z.custom<Descriptor['digest']>(isDigest, 'not a sha256 or sha512 digest')

const platform = z.looseObject({
  os: z.string(),
  architecture: z.string(),
  variant: z.string().optional(),
  'os.version': z.string().optional(),
  'os.features': z.array(z.string()).optional(),
})

const descriptor = z.looseObject({
  mediaType: z.string(),
  digest,
  size: z.int().nonnegative(),
  artifactType: z.string().optional(),
  annotations: z.record(z.string(), z.string()).optional(),
  platform: platform.optional(),
  urls: z.array(z.string()).optional(),
  data: z.string().optional(),
})

/** An image manifest, OCI or Docker schema 2. Unknown fields are kept. */
export const imageManifestSchema = z.looseObject({
  schemaVersion: z.literal(2),
  mediaType: z.string().optional(),
  artifactType: z.string().optional(),
  config: descriptor,
  layers: z.array(descriptor),
  subject: descriptor.optional(),
  annotations: z.record(z.string(), z.string()).optional(),
})
