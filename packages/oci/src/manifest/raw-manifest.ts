import {
  type Digest,
  digestAlgorithm,
  digestOf,
  isIndexMediaType,
  isManifestMediaType,
  mediaTypes,
  type RawManifest,
} from '@sallyport/core'
import { OciError } from '../errors.ts'
import { printable } from '../internal/printable.ts'
import { findAmbiguousField } from './find-ambiguous-field.ts'

/** Largest manifest that is read. */
export const maxManifestBytes: number = 8 * 1024 * 1024
/** Largest manifest that is pushed: registries must take 4 MiB, and need not take more. */
export const maxPushedManifestBytes: number = 4 * 1024 * 1024

/** Options of {@link toRawManifest}. */
export interface ToRawManifestOptions {
  /** The media type that came with the bytes (`Content-Type`). Without it, the manifest's own fields decide. */
  readonly mediaType?: string | undefined
  /** The digest that the bytes must have. Without it, the sha256 digest is computed. */
  readonly digest?: Digest | undefined
}

/**
 * Names bytes as a manifest: computes the digest and finds the media type. The bytes are kept as they are.
 *
 * @throws {OciError} `DIGEST_MISMATCH` when the bytes have another digest than `digest`.
 * @throws {OciError} `LIMIT_EXCEEDED` above 8 MiB.
 * @throws {OciError} `MANIFEST_UNSUPPORTED` for Docker schema 1.
 * @throws {OciError} `MANIFEST_INVALID` when the bytes are no JSON object, contradict `mediaType`, could be read both as
 *   an index and as an image manifest, have a key twice, or a field in other letters (`Layers`).
 */
export function toRawManifest(
  bytes: Uint8Array,
  { mediaType, digest: expected }: ToRawManifestOptions = {},
): RawManifest {
  const digest = digestOf(bytes, expected === undefined ? 'sha256' : digestAlgorithm(expected))
  if (expected !== undefined && digest !== expected) {
    throw new OciError('DIGEST_MISMATCH', `expected manifest ${expected}, got ${digest}`, {
      reference: expected,
    })
  }
  const fields = readFields(bytes, digest)
  const found = findMediaType(fields, mediaType?.split(';')[0]?.trim().toLowerCase(), digest)
  return { descriptor: { mediaType: found, digest, size: bytes.byteLength }, bytes }
}

/** The fields of a manifest, once its bytes are known to be unambiguous. */
export function decodeManifest({ bytes, descriptor }: RawManifest): Readonly<Record<string, unknown>> {
  const fields = readFields(bytes, descriptor.digest)
  const found = findMediaType(fields, descriptor.mediaType, descriptor.digest)
  if (found !== descriptor.mediaType) throw contradiction(descriptor.digest, descriptor.mediaType, found)
  return fields
}

function readFields(bytes: Uint8Array, digest: Digest): Readonly<Record<string, unknown>> {
  if (bytes.byteLength > maxManifestBytes) {
    throw new OciError(
      'LIMIT_EXCEEDED',
      `manifest ${digest}: ${bytes.byteLength} > ${maxManifestBytes} bytes`,
      {
        reference: digest,
      },
    )
  }
  let text: string
  let value: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
    value = JSON.parse(text)
  } catch (cause) {
    throw new OciError('MANIFEST_INVALID', `manifest ${digest} is not JSON`, { reference: digest, cause })
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new OciError('MANIFEST_INVALID', `manifest ${digest} is not a JSON object`, { reference: digest })
  }
  const fields = value as Readonly<Record<string, unknown>>
  const ambiguous = findAmbiguousField(text, fields)
  if (ambiguous !== undefined) {
    throw new OciError('MANIFEST_INVALID', `manifest ${digest} could be read in two ways: ${ambiguous}`, {
      reference: digest,
    })
  }
  return fields
}

function findMediaType(
  fields: Readonly<Record<string, unknown>>,
  received: string | undefined,
  digest: Digest,
): string {
  const own = fields['mediaType']
  if (own !== undefined && typeof own !== 'string') {
    throw new OciError('MANIFEST_INVALID', `manifest ${digest}: mediaType is not a string`, {
      reference: digest,
    })
  }
  for (const type of [own, received]) {
    if (
      fields['schemaVersion'] === 1 ||
      type?.startsWith('application/vnd.docker.distribution.manifest.v1')
    ) {
      throw new OciError(
        'MANIFEST_UNSUPPORTED',
        `manifest ${digest} is Docker schema 1, which names no content by a digest of its own; push the image again with a current tool`,
        { reference: digest },
      )
    }
  }
  const shape = shapeOf(fields)
  if (shape === 'both') {
    // CVE-2021-41190: two readers would see two images under one digest.
    throw new OciError('MANIFEST_INVALID', `manifest ${digest} is both an index and an image manifest`, {
      reference: digest,
    })
  }
  if (own && received && own !== received && (isKnown(received) || isKnown(own))) {
    // A media type that says nothing about manifests (text/plain, application/json) contradicts nothing.
    if (isKnown(received)) throw contradiction(digest, received, own)
  }
  const mediaType =
    own || (received !== undefined && isManifestLike(received) ? received : undefined) || guess(shape)
  if (mediaType === undefined) {
    throw new OciError('MANIFEST_INVALID', `manifest ${digest} is neither an index nor an image manifest`, {
      reference: digest,
    })
  }
  if (
    (isIndexMediaType(mediaType) && shape === 'manifest') ||
    (isManifestMediaType(mediaType) && shape === 'index')
  ) {
    throw contradiction(
      digest,
      mediaType,
      `the fields of ${shape === 'index' ? 'an index' : 'an image manifest'}`,
    )
  }
  return mediaType
}

function shapeOf(fields: Readonly<Record<string, unknown>>): 'index' | 'manifest' | 'both' | 'other' {
  const index = fields['manifests'] !== undefined
  const manifest = fields['config'] !== undefined || fields['layers'] !== undefined
  if (index) return manifest ? 'both' : 'index'
  return manifest ? 'manifest' : 'other'
}

function guess(shape: 'index' | 'manifest' | 'other'): string | undefined {
  if (shape === 'index') return mediaTypes.ociIndex
  return shape === 'manifest' ? mediaTypes.ociManifest : undefined
}

function isKnown(mediaType: string): boolean {
  return isIndexMediaType(mediaType) || isManifestMediaType(mediaType)
}

function isManifestLike(mediaType: string): boolean {
  return mediaType !== 'application/json' && mediaType.startsWith('application/vnd.')
}

function contradiction(digest: Digest, received: string, own: string): OciError {
  return new OciError(
    'MANIFEST_INVALID',
    `manifest ${digest} came as ${printable(received, 100)} but says ${printable(own, 100)}`,
    { reference: digest },
  )
}
