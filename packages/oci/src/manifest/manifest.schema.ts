import { type Descriptor, type Digest, isDigest } from '@sallyport/core'
import * as z from 'zod'

/** Most layers of a manifest, manifests of an index, and urls or features of one entry. */
const maxLayers = 4096
const maxManifests = 10_000

/** Go writes `null` for an empty list or map; it means the same as leaving the field out. */
function optional<T extends z.ZodType>(schema: T): z.ZodOptional<z.ZodType<z.output<T> | undefined>> {
  return schema
    .nullish()
    .transform((value) => value ?? undefined)
    .optional() as never
}

const mediaType = z.string().min(1).max(255)
const annotations = z.record(z.string(), z.string())

const platform = z.object({
  os: z.string().max(255),
  architecture: z.string().max(255),
  variant: optional(z.string().max(255)),
  'os.version': optional(z.string().max(255)),
  'os.features': optional(z.array(z.string()).max(256)),
})

/** OCI image specification, descriptor.md. */
export const descriptorSchema: z.ZodType<Descriptor> = z.object({
  mediaType,
  digest: z.custom<Digest>(isDigest, 'expected a sha256 or sha512 digest'),
  size: z.number().int().nonnegative(),
  artifactType: optional(z.string().max(255)),
  annotations: optional(annotations),
  platform: optional(platform),
  urls: optional(z.array(z.string()).max(256)),
  data: optional(z.string()),
})

/** OCI image specification, manifest.md; Docker image manifest version 2, schema 2. */
export const imageManifestSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: optional(mediaType),
  artifactType: optional(z.string().max(255)),
  config: descriptorSchema,
  layers: optional(z.array(descriptorSchema).max(maxLayers)),
  subject: optional(descriptorSchema),
  annotations: optional(annotations),
})

/** OCI image specification, image-index.md; Docker manifest list. */
export const imageIndexSchema = z.object({
  schemaVersion: z.literal(2),
  mediaType: optional(mediaType),
  artifactType: optional(z.string().max(255)),
  manifests: optional(z.array(descriptorSchema).max(maxManifests)),
  subject: optional(descriptorSchema),
  annotations: optional(annotations),
})
