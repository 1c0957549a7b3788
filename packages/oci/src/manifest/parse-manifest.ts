import type { ImageIndex, ImageManifest, RawManifest } from '@sallyport/core'
import { isIndexMediaType, isManifestMediaType } from '@sallyport/core'
import type * as z from 'zod'
import { OciError } from '../errors.ts'
import { decodeManifest } from './raw-manifest.ts'
import { imageIndexSchema, imageManifestSchema } from './manifest.schema.ts'

/**
 * Reads an image manifest, or an artifact in its form (OCI image specification, manifest.md; Docker schema 2 alike).
 *
 * @throws {OciError} `MANIFEST_INVALID` when it is malformed, or is an index.
 * @throws {OciError} `MANIFEST_UNSUPPORTED` for Docker schema 1 and media types that are no image manifest.
 */
export function parseManifest(raw: RawManifest): ImageManifest {
  const fields = decodeManifest(raw)
  if (!isManifestMediaType(raw.descriptor.mediaType)) throw unexpected(raw, 'an image manifest')
  const manifest = validate(raw, imageManifestSchema, fields)
  return { ...manifest, layers: manifest.layers ?? [] }
}

/**
 * Reads an image index (OCI image specification, image-index.md) or a Docker manifest list.
 *
 * @throws {OciError} `MANIFEST_INVALID` when it is malformed, or is an image manifest.
 * @throws {OciError} `MANIFEST_UNSUPPORTED` for media types that are no index.
 */
export function parseIndex(raw: RawManifest): ImageIndex {
  const fields = decodeManifest(raw)
  if (!isIndexMediaType(raw.descriptor.mediaType)) throw unexpected(raw, 'an image index')
  const index = validate(raw, imageIndexSchema, fields)
  return { ...index, manifests: index.manifests ?? [] }
}

function unexpected({ descriptor: { digest, mediaType } }: RawManifest, expected: string): OciError {
  const known = isIndexMediaType(mediaType) || isManifestMediaType(mediaType)
  return new OciError(
    known ? 'MANIFEST_INVALID' : 'MANIFEST_UNSUPPORTED',
    `${digest}: expected ${expected}, got ${mediaType}`,
    { reference: digest },
  )
}

function validate<T extends z.ZodType>(raw: RawManifest, schema: T, fields: unknown): z.output<T> {
  const result = schema.safeParse(fields)
  if (result.success) return result.data
  const [issue] = result.error.issues
  throw new OciError(
    'MANIFEST_INVALID',
    `${raw.descriptor.digest}: ${issue?.path.join('.') || 'manifest'}: ${issue?.message}`,
    { reference: raw.descriptor.digest },
  )
}
