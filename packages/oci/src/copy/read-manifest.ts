import { type Descriptor, isIndexMediaType, isManifestMediaType, type RawManifest } from '@sallyport/core'
import { OciError } from '../errors.ts'
import type { CopySource } from './copy-blob.ts'

/**
 * Reads a manifest that a descriptor names.
 *
 * @throws {OciError} `MANIFEST_UNSUPPORTED` when the descriptor names something that is no manifest.
 * @throws {OciError} `SIZE_MISMATCH`, `MANIFEST_INVALID` when the manifest is not as described.
 */
export async function readManifest(
  source: CopySource,
  { mediaType, digest, size }: Descriptor,
  signal: AbortSignal,
): Promise<RawManifest> {
  const fail = (
    code: 'MANIFEST_UNSUPPORTED' | 'SIZE_MISMATCH' | 'MANIFEST_INVALID',
    text: string,
  ): OciError =>
    new OciError(code, `${source.name}@${digest}: ${text}`, {
      reference: `${source.name}@${digest}`,
      side: 'source',
    })
  if (!isIndexMediaType(mediaType) && !isManifestMediaType(mediaType)) {
    throw fail('MANIFEST_UNSUPPORTED', `${mediaType} is no manifest`)
  }
  const raw = await source.getManifest(digest, { signal })
  const { descriptor } = raw
  if (descriptor.size !== size) throw fail('SIZE_MISMATCH', `expected ${size} bytes, got ${descriptor.size}`)
  if (descriptor.mediaType !== mediaType) {
    throw fail('MANIFEST_INVALID', `expected ${mediaType}, got ${descriptor.mediaType}`)
  }
  return raw
}
