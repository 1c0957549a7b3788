import { type ImageManifest, isManifestMediaType, parseStrictJson, type RawManifest } from '@sallyport/core'
import { artifactManifestSchema } from './artifact-manifest.schema.ts'

/** Reads a manifest that may carry evidence; `undefined` when it is not an image manifest or is ambiguous. */
export function parseArtifactManifest({ descriptor, bytes }: RawManifest): ImageManifest | undefined {
  let json: unknown
  try {
    json = parseStrictJson(bytes)
  } catch {
    return undefined
  }
  const parsed = artifactManifestSchema.safeParse(json)
  if (!parsed.success) return undefined
  // The bytes may only be read as what they say they are; else an index could be read as a manifest.
  const mediaType = parsed.data.mediaType ?? descriptor.mediaType
  return isManifestMediaType(mediaType) ? parsed.data : undefined
}
