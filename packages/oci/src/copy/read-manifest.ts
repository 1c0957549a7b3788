import { type Descriptor, isIndexMediaType, isManifestMediaType, type RawManifest } from '@sallyport/core'
import { OciError, type OciErrorCode } from '../errors.ts'
import { printable } from '../internal/printable.ts'
import type { CopySource } from './copy-blob.ts'

/** Whether a descriptor names a manifest, by its media type. */
export function namesManifest({ mediaType }: Descriptor): boolean {
  return isIndexMediaType(mediaType) || isManifestMediaType(mediaType)
}

/**
 * Checks that a descriptor names a manifest.
 *
 * @throws {OciError} `MANIFEST_UNSUPPORTED` when it names something else.
 */
export function checkManifestType(name: string, descriptor: Descriptor): void {
  if (namesManifest(descriptor)) return
  const { digest, mediaType } = descriptor
  throw atSource('MANIFEST_UNSUPPORTED', `${name}@${digest}`, `${printable(mediaType, 100)} is no manifest`)
}

/**
 * Reads a manifest that a descriptor names.
 *
 * @throws {OciError} `SIZE_MISMATCH`, `MANIFEST_INVALID` when it is not as described.
 */
export async function readManifest(
  source: CopySource,
  { mediaType, digest, size }: Descriptor,
  signal: AbortSignal,
): Promise<RawManifest> {
  const raw = await source.getManifest(digest, { signal })
  const { descriptor } = raw
  const reference = `${source.name}@${digest}`
  if (descriptor.size !== size) {
    throw atSource('SIZE_MISMATCH', reference, `expected ${size} bytes, got ${descriptor.size}`)
  }
  if (descriptor.mediaType !== mediaType) {
    throw atSource('MANIFEST_INVALID', reference, `expected ${mediaType}, got ${descriptor.mediaType}`)
  }
  return raw
}

function atSource(code: OciErrorCode, reference: string, text: string): OciError {
  return new OciError(code, `${reference}: ${text}`, { reference, side: 'source' })
}
